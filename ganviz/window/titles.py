"""What the choices of a parameter are called, as the catalog says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganviz.catalog.games import GAMES
from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS, DISCRIMINATORS, ENCODERS, GENERATORS, INITS
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.catalog.targets import TARGETS
from ganviz.schema import Parameter

_REGISTRIES: tuple[Mapping[str, Any], ...] = (
    GAMES,
    TARGETS,
    LATENTS,
    GENERATORS,
    DISCRIMINATORS,
    ENCODERS,
    ACTIVATIONS,
    INITS,
    LOSSES,
    PENALTIES,
    SCHEDULES,
    OPTIMIZERS,
    DECAYS,
)


def _registry(parameter: Parameter) -> Mapping[str, Any]:
    """Return the registry that a parameter chooses from: the one whose keys are its choices."""
    return next((each for each in _REGISTRIES if tuple(each) == parameter.choices), {})


def title(parameter: Parameter, choice: str) -> str:
    """Return the words for a choice: the catalog's title, or the name itself."""
    return str(getattr(_registry(parameter).get(choice), "title", choice))


def explanation(parameter: Parameter, choice: str) -> str:
    """Return what the catalog says about a choice: formula or text, note and source; or nothing."""
    entry = _registry(parameter).get(choice)
    words = (getattr(entry, name, "") for name in ("dims", "formula", "text", "note", "source"))
    return "\n".join(" ".join(str(word).split()) for word in words if word)
