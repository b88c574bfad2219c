"""How fast ganviz is, against what else a person could run: measured as ratios, taken in turns.

A part is a function that yields :class:`~ganviz.bench.row.Row` after row. What is compared takes
turns in one process, slice by slice, and of each the best slice counts: others who use the machine
can only make a slice slower. :mod:`ganviz.bench.parts` is the table of the parts, and runs them.
"""
