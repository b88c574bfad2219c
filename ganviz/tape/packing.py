"""Moments as bytes: safetensors, in which moments of one shape lie stacked.

The first axis of each tensor is the moment, in the order of ``branch``, ``step`` and ``marks``,
but for ``standing.…``: standings of the diagnosis, which several moments share, and which each
finds by its number in ``standing`` (−1: none). What is text stands in the metadata, as JSON.
Everything is kept bit for bit. What is read is believed nowhere: each batch is checked against the
game that its settings describe before anything is made of it.

The format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ganviz.catalog.measures import MEASURES
from ganviz.frame import Diagnosis
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape.tape import Kept, room, weight

if TYPE_CHECKING:
    from ganviz.engine.diagnosis import Standing
    from ganviz.engine.moment import Moment

Array = npt.NDArray[Any]
#: (branch, step, marks) of a moment to the settings in force there; None: not wanted.
Known = Callable[[int, int, int], Settings | None]

#: Bytes of moments in one batch, about, and how many there are at most.
BATCH = 4 * 2**20
MANY = 512
#: Bytes of the header of a batch, at most.
HEADER = 16 * 2**20

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}
#: What a dtype is called, and where its tensors lie among the others.
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_ORDER = {_DTYPES[name]: order for order, name in enumerate(("I64", "F64", "F32", "U8"))}
_STEPS = ("begun", "looked", "judged", "norms_at", "written")
_VERDICT = tuple(field.name for field in fields(Diagnosis))
_count = attrgetter("believed", "steps", "times", "since")
_said = attrgetter(*_VERDICT)


# ---- writing ------------------------------------------------------------------------------------


def pack(kept: Iterable[tuple[int, Kept]]) -> Iterator[bytes]:
    """Yield (branch, moment) pairs as batches of safetensors."""
    batch: list[tuple[int, Kept]] = []
    form, size = None, 0
    for number, each in kept:
        if batch and (_form(each.moment) != form or size > BATCH or len(batch) >= MANY):
            yield _batch(batch)
            batch, size = [], 0
        batch.append((number, each))
        form, size = _form(each.moment), size + room((each,))
    if batch:
        yield _batch(batch)


def _form(moment: Moment) -> tuple[Any, ...]:
    """Return what moments of one batch have in common."""
    players = tuple(
        (name, p.flat.shape, p.flat.dtype, len(p.moments)) for name, p in moment.players.items()
    )
    memory = tuple((name, a.shape, a.dtype) for name, a in moment.memory.items())
    return players, memory, None if moment.captured is None else moment.captured.shape


def _batch(batch: list[tuple[int, Kept]]) -> bytes:
    from ganviz.engine.diagnosis import COLUMNS, DETECTORS

    moments = [kept.moment for _, kept in batch]
    first = moments[0]
    hows = list(dict.fromkeys(moment.how for moment in moments))
    shared = {id(m.standing): m.standing for m in moments if m.standing is not None}
    standings, at = list(shared.values()), {key: n for n, key in enumerate(shared)}
    verdicts = list(dict.fromkeys(standing.verdict for standing in standings))

    def whole(numbers: Iterable[Any]) -> Array:
        return np.fromiter(numbers, np.int64)

    def stacked(parts: Sequence[Array]) -> Array:
        return np.concatenate(parts).reshape(len(parts), *parts[0].shape)

    arrays = {
        "branch": whole(number for number, _ in batch),
        "step": whole(kept.step for _, kept in batch),
        "marks": whole(kept.marks for _, kept in batch),
        "unread": whole(kept.unread for _, kept in batch),
        "fixed": np.array([kept.fixed for _, kept in batch], np.uint8),
        "block": whole(moment.block for moment in moments),
        "used": whole(moment.used for moment in moments),
        "how": whole(hows.index(moment.how) for moment in moments),
        "standing": whole(at.get(id(moment.standing), -1) for moment in moments),
    }
    for name, player in first.players.items():
        mine = [moment.players[name] for moment in moments]
        arrays[f"{name}.updates"] = whole(each.updates for each in mine)
        arrays[f"{name}.flat"] = stacked([each.flat for each in mine])
        for n in range(len(player.moments)):
            arrays[f"{name}.moments.{n}"] = stacked([each.moments[n] for each in mine])
    for name in first.memory:
        arrays[f"memory.{name}"] = np.stack([moment.memory[name] for moment in moments])
    if first.captured is not None:
        arrays["captured"] = np.stack([m.captured for m in moments if m.captured is not None])

    # Moments between two measured steps share their ranges.
    folds = {id(moment.held): moment.held for moment in moments}
    held = {name: n for n, name in enumerate(dict.fromkeys(n for f in folds.values() for n in f))}
    known = np.full((len(folds), len(held), 4), np.nan)
    for fold, row in zip(folds.values(), known, strict=True):
        numbers = [(h.low, h.high, h.calm, h.widest) for h in fold.values()]
        row[[held[name] for name in fold]] = numbers or 0
    number = {key: n for n, key in enumerate(folds)}
    ranges = known[[number[id(moment.held)] for moment in moments]]
    measured = [name for name in MEASURES if any(name in m.measured for m in moments)]
    values = np.full((len(moments), len(measured)), np.nan)
    for n, moment in enumerate(moments):
        for name, value in moment.measured.items():
            values[n, measured.index(name)] = value
    arrays |= {"held": ranges, "measured": values}

    if standings:
        arrays |= {
            "standing.steps": np.array([[getattr(s, n) for n in _STEPS] for s in standings]),
            "standing.verdict": whole(verdicts.index(s.verdict) for s in standings),
            "standing.counts": np.array(
                [[_count(c) for c in s.counts] for s in standings], np.int64
            ),
            "standing.looks": np.concatenate([s.looks for s in standings]),
            "standing.looks.count": whole(len(s.looks) for s in standings),
            "standing.orbit": np.concatenate([s.orbit for s in standings]),
            "standing.orbit.count": whole(len(s.orbit) for s in standings),
        }
    about = {
        "players": {name: len(player.moments) for name, player in first.players.items()},
        "memory": list(first.memory),
        "held": list(held),
        "measured": measured,
        "how": hows,
        "looks": list(COLUMNS),
        "detectors": [detector.name for detector in DETECTORS],
        "verdicts": [
            None if v is None else dict(zip(_VERDICT, _said(v), strict=True)) for v in verdicts
        ],
    }
    return saved(arrays, {"ganviz": json.dumps(about, ensure_ascii=False)})


def saved(arrays: Mapping[str, Array], about: Mapping[str, str]) -> bytes:
    """Return arrays and texts as safetensors, bit for bit as its own ``save`` does, but sooner.

    While this is done neither the window nor the engine can do anything.
    """
    names = sorted(arrays, key=lambda name: (_ORDER[arrays[name].dtype], name))
    table: dict[str, Any] = {"__metadata__": about}
    end = 0
    for name in names:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        table[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": array.shape,
            "data_offsets": (begin, end),
        }
    header = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    parts: Iterator[Any] = (np.ascontiguousarray(arrays[name]) for name in names)
    return b"".join((len(header).to_bytes(8, "little"), header, *parts))


# ---- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """What the moments of a game must look like."""

    players: Mapping[str, tuple[int, int]]  # numbers in each vector, moments of the optimiser
    memory: Mapping[str, tuple[int, ...]]
    dtype: np.dtype[Any]
    centres: int
    rounds: int  # in a block of draws
    columns: tuple[str, ...]


class Forms:
    """The forms of games, each found once by building the game."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], Form] = {}
        self._seen: dict[int, tuple[Settings, Form]] = {}

    def of(self, settings: Settings) -> Form:
        """Return the form of the game that settings describe.

        Raises
        ------
        ParamError
            For settings that no game can be built from on this machine.
        """
        if id(settings) not in self._seen:
            key = tuple(_gist(settings.acting(path)) for path in PARAMETERS)
            if key not in self._found:
                self._found[key] = self._built(settings)
            self._seen[id(settings)] = settings, self._found[key]
        return self._seen[id(settings)][1]

    @staticmethod
    def _built(settings: Settings) -> Form:
        from ganviz.engine.family import families

        family = families()[settings.game.kind](settings, None, frozenset(), 0)
        supply = family.supply()
        return Form(
            {n: (p.flat.numel(), len(p.moments)) for n, p in family.players.items()},
            {name: tuple(tensor.shape) for name, tensor in family.memory.items()},
            np.dtype(str(supply.dtype).removeprefix("torch.")),
            len(supply.target.centres),
            supply.rounds,
            ("step", *family.columns, *MEASURES),
        )


def _gist(value: Any) -> Any:
    """Return what of a value can matter for the form of a game: not how large a real number is."""
    if isinstance(value, float):
        return value > 0
    if isinstance(value, tuple) and value and not isinstance(value[0], int):
        return len(value) if len(value) < 9 else 9, isinstance(value[0], tuple)
    return value


def tensors(data: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the tensors of safetensors bytes, which share their memory, and the metadata.

    Raises
    ------
    ParamError
        For bytes that are no safetensors, or hold what no moment is made of.
    """
    if len(data) < 8 or (length := int.from_bytes(data[:8], "little")) > len(data) - 8:
        raise ParamError("moments: are cut short")
    if length > HEADER:
        raise ParamError("moments: the header is too long")
    try:
        header = json.loads(data[8 : 8 + length].decode())
        about = header.pop("__metadata__", {})
        spans: list[tuple[int, int, str, np.dtype[Any], tuple[int, ...]]] = []
        for name, entry in header.items():
            dtype, shape = _DTYPES[entry["dtype"]], tuple(entry["shape"])
            begin, end = entry["data_offsets"]
            if not all(type(n) is int and 0 <= n < 2**48 for n in (*shape, begin, end)):
                raise ParamError(f"moments: {name[:40]} has an impossible shape")
            if len(shape) > 4 or end - begin != prod(shape) * dtype.itemsize:
                raise ParamError(f"moments: {name[:40]} is not as large as it says")
            spans.append((begin, end, name, dtype, shape))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, ParamError):
            raise
        raise ParamError("moments: the header cannot be read") from None
    at, arrays = 0, {}
    for begin, end, name, dtype, shape in sorted(spans, key=lambda span: span[:3]):
        if begin != at or end > len(data) - 8 - length:
            raise ParamError(f"moments: {name[:40]} does not lie where it should")
        array = np.frombuffer(data, dtype, prod(shape), 8 + length + begin)
        arrays[name] = array.reshape(shape)
        at = end
    if at != len(data) - 8 - length:
        raise ParamError("moments: are longer than they say")
    return arrays, about


def unpack(data: bytes, known: Known, forms: Forms) -> list[tuple[int, Kept]]:
    """Return the (branch, moment) pairs of a batch, checked against the games they belong to.

    Raises
    ------
    ParamError
        One clause that says what is wrong with them.
    """
    arrays, about = tensors(data)
    try:
        return _Batch(arrays, json.loads(about["ganviz"])).moments(known, forms)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        if isinstance(error, ParamError):
            raise
        raise ParamError("moments: something is missing in them or of the wrong kind") from None


class _Batch:
    """A batch that is being read."""

    def __init__(self, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
        self._arrays = arrays
        self._about = about
        self._n = len(self._take("step", np.int64, (None,)))

    def _take(self, name: str, dtype: Any, shape: tuple[int | None, ...]) -> Array:
        """Return an array, which must be of that kind; None: however long."""
        array = self._arrays.get(name)
        good = (
            array is not None
            and array.dtype == dtype
            and len(array.shape) == len(shape)
            and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
        )
        if array is None or not good:
            raise ParamError(f"moments: {name[:40]} is missing or of the wrong shape")
        return array

    def _whole(self, name: str, *shape: int, low: int = 0, high: int = 2**53) -> list[Any]:
        array = self._take(name, np.int64, shape or (self._n,))
        if array.size and not (low <= array.min() and array.max() <= high):
            raise ParamError(f"moments: {name} holds a number that cannot be")
        return array.tolist()  # type: ignore[no-any-return]

    def _names(self, name: str) -> list[str]:
        names = self._about[name]
        if not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
            raise ParamError(f"moments: {name} must be a list of names")
        if len(set(names)) < len(names):
            raise ParamError(f"moments: {name} names something twice")
        return names

    def moments(self, known: Known, forms: Forms) -> list[tuple[int, Kept]]:
        from ganviz.engine.moment import Moment, PlayerMoment

        n = self._n
        branches, steps, marks = (self._whole(name) for name in ("branch", "step", "marks"))
        unread, blocks, used = (self._whole(name) for name in ("unread", "block", "used"))
        fixed = self._take("fixed", np.uint8, (n,)).tolist()
        hows = self._names("how")
        how = [hows[each] for each in self._whole("how")]
        players, memory = self._about["players"], self._names("memory")
        if not isinstance(players, dict):
            raise ParamError("moments: players must be a table")
        updates = {name: self._whole(f"{name}.updates") for name in players}
        held, measured = self._ranges(), self._measured()
        standings = self._standings()
        standing = self._whole("standing", low=-1, high=len(standings) - 1)
        captured = self._arrays.get("captured")

        found: list[tuple[int, Kept]] = []
        for i in range(n):
            settings = known(branches[i], steps[i], marks[i])
            if settings is None:
                continue
            form = forms.of(settings)
            if unread[i] > steps[i]:
                raise ParamError(f"moments: step {steps[i]:,} has more unread rows than there are")
            if dict(form.players).keys() != players.keys() or form.memory.keys() != set(memory):
                raise ParamError(f"moments: step {steps[i]:,} is of another game")
            if used[i] >= form.rounds:
                raise ParamError(f"moments: step {steps[i]:,} has used more draws than there are")
            if standing[i] >= 0 and standings[standing[i]].latest > steps[i]:
                raise ParamError(f"moments: the diagnosis of step {steps[i]:,} is of a later one")
            mine = {}
            for name, (size, count) in form.players.items():
                if players[name] != count:
                    raise ParamError(f"moments: step {steps[i]:,} is of another optimiser")
                flat = self._finite(f"{name}.flat", form.dtype, (n, size), i)
                kept = tuple(
                    self._finite(f"{name}.moments.{m}", form.dtype, (n, size), i)
                    for m in range(count)
                )
                mine[name] = PlayerMoment(flat, kept, updates[name][i])
            moment = Moment(
                steps[i],
                settings,
                mine,
                blocks[i],
                used[i],
                held[i],
                measured[i],
                {
                    name: self._finite(f"memory.{name}", form.dtype, (n, *form.memory[name]), i)
                    for name in memory
                },
                None if standing[i] < 0 else standings[standing[i]],
                (),
                None
                if captured is None
                else self._take("captured", np.float64, (n, form.centres))[i].copy(),
                how[i],
            )
            kept_ = Kept(steps[i], marks[i], moment, unread[i], weight(moment), bool(fixed[i]))
            found.append((branches[i], kept_))
        return found

    def _finite(self, name: str, dtype: Any, shape: tuple[int, ...], i: int) -> Array:
        array: Array = self._take(name, dtype, shape)[i].copy()
        if not np.isfinite(array).all():
            raise ParamError(f"moments: {name} holds what is no finite number")
        return array

    def _ranges(self) -> list[dict[str, Any]]:
        from ganviz.engine.ranges import Held

        names = self._names("held")
        array = self._take("held", np.float64, (self._n, len(names), None))
        if array.shape[2] == 3:  # older runs forgot the widest that was needed
            array = np.concatenate([array, 0 * array[..., 2:]], axis=2)
        if array.shape[2] != 4:
            raise ParamError("moments: held is of the wrong shape")
        there = ~np.isnan(array).all(axis=2)
        good = np.isfinite(array).all(axis=2) & (array[..., 0] <= array[..., 1])
        if (there & ~(good & (array[..., 2:] >= 0).all(axis=2))).any():
            raise ParamError("moments: held has a range that cannot be")
        return [
            {
                name: Held(low, high, int(calm), widest)
                for name, (low, high, calm, widest) in zip(names, row, strict=True)
                if calm == calm
            }
            for row in array.tolist()
        ]

    def _measured(self) -> list[dict[str, float]]:
        names = self._names("measured")
        for name in names:
            if name not in MEASURES:
                raise ParamError(f"moments: {name[:40]} is no measure")
        rows = self._take("measured", np.float64, (self._n, len(names))).tolist()
        return [
            {name: value for name, value in zip(names, row, strict=True) if value == value}
            for row in rows
        ]

    def _standings(self) -> list[Standing]:
        from ganviz.engine.diagnosis import COLUMNS, DETECTORS, KEPT, ORBIT, Count, Standing

        if "standing.steps" not in self._arrays:
            return []
        count = len(self._take("standing.steps", np.int64, (None, len(_STEPS))))
        low = -(2**53)  # long before the run, where nothing was asked yet
        steps = self._whole("standing.steps", count, len(_STEPS), low=low)
        words = [_verdict(each) for each in self._about["verdicts"]]
        verdicts = [words[n] for n in self._whole("standing.verdict", count)]
        if self._names("looks") != list(COLUMNS) or self._names("detectors") != [
            detector.name for detector in DETECTORS
        ]:  # of a ganviz with other detectors: the diagnosis begins anew
            return [
                Standing.fresh(max(looked, 0), verdict)
                for (_, looked, *_), verdict in zip(steps, verdicts, strict=True)
            ]
        counts = self._whole("standing.counts", count, len(DETECTORS), 4)
        looks = self._parts("looks", np.float64, len(COLUMNS), count, KEPT + 1)
        orbits = self._parts("orbit", np.float32, 2, count, ORBIT)
        # A measure may be missing, a place may lie too far out for a float32; no more than that.
        sure = [COLUMNS.index("step"), COLUMNS.index("size")]
        if not all(np.isfinite(each[:, sure]).all() for each in looks):
            raise ParamError("moments: standing.looks holds what is no finite number")
        if any(np.isnan(each).any() for each in orbits):
            raise ParamError("moments: standing.orbit holds what is no number")
        return [
            Standing(
                **dict(zip(_STEPS, steps[n], strict=True)),
                looks=looks[n],
                orbit=orbits[n],
                counts=tuple(Count(bool(believed), *rest) for believed, *rest in counts[n]),
                verdict=verdicts[n],
            )
            for n in range(count)
        ]

    def _parts(self, name: str, dtype: Any, width: int, count: int, most: int) -> list[Array]:
        """Return rows that lie one after the other, parted."""
        rows = self._take(f"standing.{name}", dtype, (None, width))
        lengths = self._whole(f"standing.{name}.count", count, high=most)
        if sum(lengths) != len(rows):
            raise ParamError(f"moments: standing.{name} is not as long as it says")
        ends = np.cumsum(lengths)
        return [rows[end - k : end].copy() for end, k in zip(ends, lengths, strict=True)]


def _verdict(table: Any) -> Diagnosis | None:
    if table is None:
        return None
    verdict = Diagnosis(**table)
    texts = (verdict.name, verdict.words, verdict.evidence)
    good = all(isinstance(text, str) and len(text) < 2000 for text in texts)
    if not good or type(verdict.since) is not int or not isinstance(verdict.good, bool):
        raise ParamError("moments: a verdict of the diagnosis is of the wrong kind")
    return verdict
