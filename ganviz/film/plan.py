"""Which step each picture of a film shows."""

from __future__ import annotations

from ganviz.film.order import Order
from ganviz.schema import ParamError

#: Under the pace ``early`` the steps taken grow with this power of the film's time.
EARLY = 2
#: Pictures of one film at most: four hours at 30 a second.
MOST = 432_000


def steps(order: Order, first: int, last: int) -> tuple[int, ...]:
    """Return the step that each picture shows, the first picture first.

    With n pictures that move, of which picture i (0 … n − 1) stands at the time t = i / (n − 1) of
    the film,

        step = first + round((last − first) · t^p),   p = 1 (``even``) or 2 (``early``):

    an early film runs at 0 steps a second at first, at the average rate in the middle, and at twice
    that rate in the end. Every picture shows a state of training that was, none lies between two.
    The last picture that moves shows ``last``, and so do those of the hold.

    Parameters
    ----------
    order
        With ``seconds`` the film has round(fps · seconds) pictures, at least 1, the hold included,
        which takes half of them at most. With ``speed`` so many move that each second
        of film takes as many steps on average, and the hold is added.
    first, last
        The first and the last step that can be shown; the order may ask for a part of them.

    Raises
    ------
    ParamError
        If the order asks for steps that there are not, or for too long a film.
    """
    first, last = _part(order, first, last)
    held = round(order.fps * order.hold)
    if order.seconds is not None:
        total = max(round(order.fps * order.seconds), 1)
        moving = total - min(held, total // 2)
    else:
        assert order.speed is not None
        moving = round((last - first) / order.speed * order.fps) + 1
        moving = max(moving, 2) if last > first else 1
        total = moving + held
    if total > MOST:
        raise ParamError(
            f"film of {total:,} pictures: must have at most {MOST:,}; choose a higher speed, fewer "
            "pictures a second or fewer steps"
        )
    power = EARLY if order.pace == "early" else 1
    ends = max(moving - 1, 1) ** power
    way = last - first
    # In whole numbers: rounding half up, so that no machine rounds otherwise.
    shown = [first + (2 * way * i**power + ends) // (2 * ends) for i in range(moving - 1)]
    return (*shown, *[last] * (total - moving + 1))


def _part(order: Order, first: int, last: int) -> tuple[int, int]:
    """Return from which step to which one the order wants to see."""
    wanted = []
    for name, asked, otherwise in (("first", order.first, first), ("last", order.last, last)):
        step = otherwise if asked is None else asked
        if not first <= step <= last:
            raise ParamError(
                f"film.{name} = {step:,}: must be a step of the run, from {first:,} to {last:,}"
            )
        wanted.append(step)
    if wanted[0] > wanted[1]:
        raise ParamError(
            f"film.first = {wanted[0]:,}: must be at most the last step, {wanted[1]:,}"
        )
    return wanted[0], wanted[1]
