"""Run files: a whole tape in one file that needs no ganviz to be read.

A ``*.ganviz`` is a zip without encryption of

``README.txt``
    What is what, for who opens it by hand.
``run.toml``
    ``format = 1``, ``title``, ``created`` (UTC), ``stride``, ``budget``; ``[versions]`` of what
    wrote it; ``[place]``, where the run stood; ``[look]``, how it was shown; ``[[bookmarks]]``;
    ``[[branches]]`` in order, the first number 0: where each leaves its ``parent`` (behind
    ``first`` steps and ``shared`` entries of the parent's whole journal) or its ``settings``, as
    differences from the defaults, and its ``columns``; its ``last`` step; ``[[branches.marks]]``,
    its own entries of the journal; and ``[files]``, the SHA-256 of each of the others.
``journal.csv``
    The journals once more, one line a changed value, with what was there before.
``trace/N.npy``
    (steps, columns) float64, branch N's own rows of the trace; NaN where a column does not apply.
``moments/N.safetensors``
    Moments of all branches, many to a file: see :mod:`ganviz.tape.packing`. They are not
    compressed: weights do not shrink. Everything else is.

Values stand in ``set`` tables by dotted path; ``unset`` names those that stand for the chosen
entry's own number. Moments hold no settings: those in force follow from the branch and its marks.

A file is written beside its place and put there whole. What is read is checked, all of it, before
anything is made of it: sizes before they are read, sums, steps, shapes, numbers. A file that is
damaged, or made to do harm, gives one sentence and no run.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ganviz import __version__, looks
from ganviz.frame import Look
from ganviz.schema import ParamError
from ganviz.schema import words as said
from ganviz.tape import written
from ganviz.tape.packing import Forms, pack, unpack
from ganviz.tape.tape import Branch, Place, Rows, Tape
from ganviz.tape.written import Reader, Table, short

FORMAT = 1
ENDING = ".ganviz"

#: Bytes of run.toml, and of the list of what is in the file, at most.
TEXT = 32 * 2**20
LISTING = 4 * 2**20
#: How many times smaller something may have become by compression, if it is larger than this.
RATIO, SMALL = 100, 2**20
#: Bytes that are read at a time.
BLOCK = 2**20

_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f8', 'fortran_order': False, "
    rb"'shape': \((\d{1,13}), (\d{1,4})\), \} *\n",
    re.DOTALL,
)
#: Neither may take longer than the text is long: what is unclosed counts as a string too.
_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?')
_DEEP = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){12}")

README = """\
This is a run recorded by ganviz {version}: how a generative adversarial network was trained.
Open it with ganviz, or read it with anything: it is a zip file.

run.toml     settings, journal of changes, bookmarks, branches; a branch without a parent begins
             at step 0, another leaves its parent behind 'first' steps
journal.csv  the changes as a table
trace/       one .npy for each branch: a row of numbers for each step, columns as in run.toml
moments/     .safetensors: weights and optimiser moments, stacked; row i belongs to
             branch[i] and step[i]

    import numpy, safetensors.numpy
    trace = numpy.load("trace/0.npy")
    moments = safetensors.numpy.load_file("moments/0.safetensors")
    weights = moments["generator.flat"][-1]
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run file or a recording holds.

    Attributes
    ----------
    tape
        The run.
    place
        Where it stood.
    look
        How it was shown; None where nobody looked.
    versions
        Of what wrote it, by name.
    """

    tape: Tape
    place: Place
    look: Look | None = None
    versions: dict[str, str] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Return the versions on which the numbers of a run depend, by name."""
    import platform
    from importlib.metadata import version

    return {
        "ganviz": __version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def end(tape: Tape) -> Place:
    """Return where the latest branch of a tape ends."""
    last = tape.branches[-1]
    return tape.place(last.number, last.last)


# ---- writing ------------------------------------------------------------------------------------


def write(
    path: str | os.PathLike[str], tape: Tape, place: Place | None = None, look: Look | None = None
) -> None:
    """Write a tape to a file, whole or not at all.

    The tape must not grow meanwhile: :meth:`Tape.copy` gives one that does not. ``place`` is
    where the run stands; None: where the latest branch ends.

    Raises
    ------
    ParamError
        If nothing has been recorded. OSError if the file cannot be written.
    """
    if not tape.branches:
        raise ParamError(f"{path}: nothing has been recorded yet that could be saved")
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            _write(file, tape, place or end(tape), look)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _write(file: Any, tape: Tape, place: Place, look: Look | None) -> None:
    sums: dict[str, str] = {}
    with zipfile.ZipFile(file, "w") as into:

        def add(name: str, data: bytes | memoryview, how: int = zipfile.ZIP_DEFLATED) -> None:
            entry = zipfile.ZipInfo(name, datetime.now().timetuple()[:6])
            entry.external_attr = 0o644 << 16
            entry.compress_type = how
            into.writestr(entry, data, compresslevel=1)
            sums[name] = hashlib.sha256(data).hexdigest()

        add("README.txt", README.format(version=__version__).encode())
        for branch in tape.branches:
            if branch.last > branch.first:
                add(f"trace/{branch.number}.npy", _npy(branch))
        kept = ((branch.number, kept) for branch in tape.branches for kept in branch.kept)
        for n, batch in enumerate(pack(kept)):
            add(f"moments/{n}.safetensors", batch, zipfile.ZIP_STORED)
        add("journal.csv", _journal(tape))
        table = _table(tape, place, look) | {"files": dict(sums)}
        add("run.toml", tomli_w.dumps(table).encode())


def _npy(branch: Branch) -> memoryview:
    """Return a branch's own rows as :func:`numpy.save` writes them, piece by piece."""
    file = io.BytesIO()
    shape = branch.last - branch.first, len(branch.columns)
    about = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, about)
    for rows in branch.trace.pieces(branch.first):
        file.write(rows.tobytes())
    return file.getbuffer()


def _table(tape: Tape, place: Place, look: Look | None) -> Table:
    branches = [
        written.branch_table(branch)
        | {"last": branch.last, "marks": [written.mark_table(mark) for mark in branch.marks]}
        for branch in tape.branches
    ]
    return {
        "format": FORMAT,
        "title": tape.title,
        "created": datetime.now(UTC).replace(microsecond=0),
        "stride": tape.stride,
        "budget": tape.budget,
        "versions": versions(),
        "place": written.place_table(place),
        **({} if look is None else {"look": looks.table(look)}),
        "bookmarks": [written.bookmark_table(each) for each in tape.bookmarks],
        **_predicted(tape),
        "branches": branches,
    }


def _predicted(tape: Tape) -> Table:
    tables = [written.prediction_table(each) for each in tape.predictions]
    return {"predictions": tables} if tables else {}


def _journal(tape: Tape) -> bytes:
    """Return all journals as CSV, one line a changed value."""
    file = io.StringIO(newline="")
    lines = csv.writer(file)
    lines.writerow(("branch", "step", "what", "parameter", "before", "after"))
    for branch in tape.branches:
        for mark in branch.marks:
            before = dict(mark.before)
            for path, value in mark.values or (("", ""),):
                was = _few(before[path]) if path in before else ""
                lines.writerow((branch.name, mark.step, mark.text, path, was, _few(value)))
    return file.getvalue().encode()


def _few(value: Any) -> str:
    """Write a value for people: long lists, such as drawn data, by their length."""
    if isinstance(value, tuple) and len(value) > 20:
        return f"({len(value)} entries)"
    return repr(value) if isinstance(value, float) else said(value)


# ---- reading ------------------------------------------------------------------------------------


def read(path: str | os.PathLike[str]) -> Run:
    """Read a run file.

    Raises
    ------
    ParamError
        One sentence that names the file, for all that is wrong with it: it is not there, damaged,
        from a newer ganviz, or nothing that a run could have written.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            _check_listing(file)
            with zipfile.ZipFile(file) as archive:
                return _Archive(archive).run()
    except ParamError as error:
        raise ParamError(f"{path}: {error}") from None
    except OSError as error:
        raise ParamError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError,
            ValueError, KeyError, TypeError, IndexError, OverflowError):  # fmt: skip
        raise ParamError(f"{path}: is damaged, or no run file of ganviz") from None


def _check_listing(file: Any) -> None:
    """Refuse a list of contents that is far too long before anything of it is read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 98, 0))  # both kinds of end record, and what points to the longer
    tail = file.read()
    file.seek(0)
    if len(tail) < 22 or tail[-22:-18] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        raise ParamError("is cut short, or no run file of ganviz")
    length = int.from_bytes(tail[-10:-6], "little")
    if len(tail) >= 98 and tail[-42:-38] == b"PK\x06\x07":
        length = max(int.from_bytes(tail[-58:-50], "little"), length % 0xFFFFFFFF)
    if length > LISTING:
        raise ParamError("is too long a list of contents; a run file has at most 4 MB of it")


class _Archive:
    """An open zip file, none of which is believed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            name = entry.filename
            if name in self._entries:
                raise ParamError(f"holds {short(name)} twice")
            if entry.flag_bits & 1 or entry.compress_type not in (
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            ):
                raise ParamError(f"{short(name)} is packed in a way that a run file never is")
            if entry.file_size > max(RATIO * entry.compress_size, SMALL):
                raise ParamError(
                    f"{short(name)} says that it unpacks to {entry.file_size:,} bytes, more than "
                    f"{RATIO} times what is there; nothing is unpacked"
                )
            self._entries[name] = entry

    def run(self) -> Run:
        table = self._toml()
        files = written.inner(table, "files")
        for name in sorted(self._entries.keys() ^ {*files, "run.toml"}):
            there = "is not listed in run.toml" if name in self._entries else "is missing"
            raise ParamError(f"{short(name)} {there}")
        budget = written.whole(table, "budget")
        tape = Tape(budget, written.text(table, "title"))
        tape.stride = written.whole(table, "stride", low=1)
        reader, forms = Reader(tape), Forms()
        traces = set()
        for number, about in enumerate(written.tables(table, "branches")):
            branch = reader.branch(about)
            count = written.whole(about, "last", low=branch.first) - branch.first
            if count:
                name = f"trace/{number}.npy"
                traces.add(name)
                reader.rows(number, self._trace(name, count, len(branch.columns), files))
            for mark in written.tables(about, "marks"):
                reader.mark(number, mark)
        if not tape.branches:
            raise ParamError("holds no run")
        roots = [branch for branch in tape.branches if branch.parent is None]
        reader.fill({b.number: forms.of(b.settings).columns for b in roots})
        names = [name for name in files if name.startswith("moments/")]
        for n in range(len(names)):
            data = self._bytes(f"moments/{n}.safetensors", files)
            for number, kept in unpack(data, reader.settings, forms):
                reader.keep(number, kept)
        others = {"README.txt", "journal.csv", *traces, *names}
        for name in files:
            if name not in others:
                raise ParamError(f"{short(name)} is nothing that a run file holds")
        for name in ("README.txt", "journal.csv"):
            self._bytes(name, files)
        reader.bookmarks(written.tables(table, "bookmarks"))
        if "predictions" in table:
            reader.predictions(written.tables(table, "predictions"))
        stood = reader.standing(written.place(written.inner(table, "place")))
        look = looks.look(written.inner(table, "look")) if "look" in table else None
        about = written.inner(table, "versions")
        found = {name: written.text(about, name, 200) for name in list(about)[:20]}
        return Run(reader.whole(), stood, look, found)

    def _toml(self) -> Table:
        if "run.toml" not in self._entries:
            raise ParamError("holds no run.toml: it is no run file of ganviz")
        if self._entries["run.toml"].file_size > TEXT:
            raise ParamError("run.toml is too large; it must have at most 32 MB")
        return parsed(b"".join(self._blocks("run.toml")))

    def _blocks(self, name: str) -> Iterator[bytes]:
        """Yield the contents of an entry; zipfile compares its length and its sum."""
        left = self._entries[name].file_size
        with self._archive.open(self._entries[name]) as file:
            while block := file.read(BLOCK):
                left -= len(block)
                yield block
        if left:
            raise ParamError(f"{short(name)} is cut short")

    def _bytes(self, name: str, files: Table) -> bytes:
        if name not in files:
            raise ParamError(f"{short(name)} is missing")
        data = b"".join(self._blocks(name))
        if hashlib.sha256(data).hexdigest() != files[name]:
            raise ParamError(f"{short(name)} is not what was written: its checksum is another")
        return data

    def _trace(self, name: str, count: int, columns: int, files: Table) -> Rows:
        head = 128  # bytes of the header of such an array
        if name not in self._entries:
            raise ParamError(f"{name} is missing")
        if self._entries[name].file_size != head + count * columns * 8:
            raise ParamError(f"{name} has not as many rows as run.toml says")
        data = self._bytes(name, files)
        begin = _NPY.match(data[:head])
        if begin is None or begin.end() != head:
            raise ParamError(f"{name} is no array of float64 in rows and columns")
        if (int(begin[1]), int(begin[2])) != (count, columns):
            raise ParamError(f"{name} is of the wrong shape")
        return np.frombuffer(data, np.float64, offset=head).reshape(count, columns)


def parsed(data: bytes) -> Table:
    """Return the table that a run.toml holds, of a format that this ganviz reads.

    Raises
    ------
    ParamError
        For anything else, also for names so deep that reading them would take for ever.
    """
    try:
        plain = data.decode()
        if _DEEP.search(_STRINGS.sub("s", plain)):
            raise ParamError("run.toml names tables too deep within each other")
        table = tomllib.loads(plain)
    except UnicodeDecodeError:
        raise ParamError("run.toml is not text") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ParamError):
            raise
        raise ParamError(f"run.toml is not valid TOML ({short(error)})") from None
    version = table.get("format")
    if type(version) is int and version > FORMAT:
        raise ParamError(
            f"format = {version}: this ganviz reads format {FORMAT}; a newer ganviz wrote the file"
        )
    if type(version) is not int or version != FORMAT:
        raise ParamError(f"format = {short(version)}: must be {FORMAT}")
    return table
