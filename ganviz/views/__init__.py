"""Frames and a look in, pictures out.

Every view is a pure function of (frames, look) and of its size: no memory that changes the
picture, no automatic ranges, so that a film equals the window pixel for pixel. What a view keeps
between frames are caches, each keyed by everything that goes into it.

``theme``
    The colours, read from ``resources/themes``.
``ink``
    Fonts, numbers as words, and words on a painter.
``raster``
    How Qt paints.
``strokes``
    Quick ways to put arrays on a painter: curves, polygons, marks, cached sheets.
``axes``
    Ticks, and the box that maps data to pixels.
``chrome`` (``swatches``), ``header``
    The small controls, how layers look in them, and the header that holds them.
``plot``, ``overtime`` (``span``)
    View, the base of all plots, and of those over time, whose axis is linked.
``distribution`` (``line``, ``plane``, ``pictures``), ``losses``, ``measures``, ``gradients``,
``saddle`` (``orbit``), ``code``, ``transposed``, ``preimage``
    The views, and the parts they are made of.
``stage``
    The arrangement of the views of one lane.
``lanes`` (``together``, ``badge``, ``tags``, ``over``)
    Several lanes: stages beside each other on common axes, or one with thin lines over it.
"""
