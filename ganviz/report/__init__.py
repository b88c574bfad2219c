"""A recorded run on paper: one HTML or PDF file that needs nothing else, and the hand-out of it.

``document``
    Report: headings, words, tables and pictures, whatever they will be written as; the hand-out
    is the same report with its answers left empty.
``scenes``
    Which places of a tape are pictured.
``build``
    A tape becomes a Report. It draws, and belongs to the GUI thread.
``html``, ``pdf``
    A Report becomes the bytes of a file.
``write``
    The file, whole or not at all.
``shoot``
    All of it from the command line.
"""
