"""A report into a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ganviz.film import parts
from ganviz.report.document import Report
from ganviz.schema import ParamError

#: What files a report can be written into.
SUFFIXES = (".html", ".pdf")


def check(path: Path) -> None:
    """Refuse a name that a report cannot have, before any work is done for it.

    Raises
    ------
    ParamError
        For another ending, or a folder that there is not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ParamError(f"report {path.name}: the name must end in .html or .pdf")
    if not path.parent.is_dir():
        raise ParamError(f"report {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise ParamError(f"report {path}: is a folder; must be the name of a file")


def write(report: Report, path: str | os.PathLike[str]) -> None:
    """Write a report as HTML or PDF, as the name ends; GUI thread only.

    The file appears under its name only when it is whole.

    Raises
    ------
    ParamError
        For a name that ends otherwise. OSError if the file cannot be written.
    """
    path = Path(path)
    check(path)
    if path.suffix.lower() == ".pdf":
        from ganviz.report.pdf import pdf as written
    else:
        from ganviz.report.html import html as written
    content = written(report)
    part = parts.begin(path.parent, path.suffix)
    try:
        part.write_bytes(content)
        parts.put(part, path)
    finally:
        parts.discard(part)
