"""The composition root: everything a person holds in their hands.

``main`` ``mainwindow``
    :func:`~ganviz.window.main.launch`, and the window that connects all others.
``pump`` ``scene``
    Frames from the host, at the screen's pace; through the look onto the stage.
``run``
    What may be asked of the run.
``timeline`` ``strip`` ``rewind``
    The tape under the stage, and what may be asked of it.
``compare``
    Which runs shall stand side by side.
``desk``
    The settings as all editors show them; edits go out from here.
``field`` ``number`` ``fields`` (``scale``, ``titles``)
    One editor per kind of parameter.
``rows`` ``panel`` ``knobs``
    The editors, laid out from the schema.
``transport`` ``readout`` ``footer`` ``bar`` ``messages``
    Play and step, numbers, formula, messages.
``menus`` ``keys`` ``files`` ``about``
    Menus, keys, files in and out, help.
``costs``
    What each part of the work takes (F12).
``archive`` ``recent``
    Run files, and those that were opened or saved last.
``layout`` ``style`` ``upkeep``
    What is remembered; theme and icons; garbage, signals of the terminal, unforeseen errors.
"""
