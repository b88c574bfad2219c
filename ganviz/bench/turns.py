"""Taking turns: everything that is compared runs in slices, one after the other, many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter, process_time

from ganviz.bench.row import Effort, Row

#: Takes so many steps.
Play = Callable[[int], object]
#: A turn has at most so many steps.
MOST = 1 << 20


@dataclass(slots=True)
class Tally:
    """What one of those that take turns did: steps a second of each of its turns.

    ``by_clock`` counts the time that passed, ``by_cpu`` that in which threads of this process
    were computing, all added.
    """

    by_clock: list[float] = field(default_factory=list)
    by_cpu: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Steps a second of its best turn."""
        return max(self.by_clock)


def take_turns(
    players: Mapping[str, Play], effort: Effort, whole: Mapping[str, int] | None = None
) -> dict[str, Tally]:
    """Let each player run a slice in turn, as many rounds as the effort says.

    Parameters
    ----------
    players
        Takes so many steps when called, by name.
    whole
        The number of steps of a player's turn is a multiple of this: what is done every so many
        steps then has its share in each turn.
    """
    multiple = {name: (whole or {}).get(name, 1) for name in players}
    steps = {name: _fitting(play, multiple[name], effort) for name, play in players.items()}
    tallies = {name: Tally() for name in players}
    names = list(players)
    for turn in effort.turns(effort.rounds):
        first = turn % len(names)  # nobody always comes first
        for name in names[first:] + names[:first]:
            clock, cpu = _timed(players[name], steps[name])
            tallies[name].by_clock.append(steps[name] / clock)
            tallies[name].by_cpu.append(steps[name] / cpu)
    return tallies


def _timed(play: Play, steps: int) -> tuple[float, float]:
    began, busy = perf_counter(), process_time()
    play(steps)
    return max(perf_counter() - began, 1e-9), max(process_time() - busy, 1e-9)


def _fitting(play: Play, multiple: int, effort: Effort) -> int:
    """Return how many steps fill a turn; the first of them, which prepare things, do not count."""
    play(multiple)
    steps = multiple
    while True:
        effort.check()
        spent, _ = _timed(play, steps)
        if spent > effort.seconds / 2 or steps >= MOST:
            return max(round(steps * effort.seconds / spent / multiple), 1) * multiple
        steps = min(max(int(steps * effort.seconds / spent), 2 * steps), 8 * steps)
        steps = max(steps // multiple, 1) * multiple


def ratio(
    name: str,
    tallies: Mapping[str, Tally],
    ours: str,
    theirs: str,
    *,
    least: float | None = None,
    kernel: str = "",
    note: str = "",
) -> Row:
    """Return how many times as fast ``ours`` was as ``theirs``: best turn against best turn.

    Its spread is that of the rounds, each turn against the other of its round.
    """
    mine, other = tallies[ours], tallies[theirs]
    rounds = [a / b for a, b in zip(mine.by_clock, other.by_clock, strict=True)]
    parts = {
        f"{who} steps/s": tally.best for who, tally in tallies.items() if who in (ours, theirs)
    }
    parts["by cpu time ×"] = max(mine.by_cpu) / max(other.by_cpu)
    return Row(
        name,
        mine.best / other.best,
        low=min(rounds),
        high=max(rounds),
        least=least,
        kernel=kernel,
        parts=parts,
        note=note,
    )
