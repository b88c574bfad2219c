"""From the ``data`` group of the settings to the distribution it names, and where tensors live."""

from __future__ import annotations

import torch

from ganviz.catalog.points import read_points
from ganviz.catalog.targets import TARGETS, Distribution, Shape
from ganviz.schema import ParamError, get
from ganviz.settings import Settings


def distribution(settings: Settings) -> Distribution:
    """Return the target that the settings name, every None replaced by the entry's own default.

    Raises
    ------
    ParamError
        For numbers that do not fit together or a file that cannot be read.
    """
    target = TARGETS[settings.data.target]
    numbers = {}
    for name, default in target.uses.items():
        value = get(settings, f"data.{name}")
        numbers[name] = default if value is None else value
    if settings.data.target == "file":
        path = numbers.pop("file")
        if path is not None:
            numbers["points"] = read_points(path, settings.data.standardise)
    return target.build(Shape(**numbers))


def place(settings: Settings) -> torch.Tensor:
    """Return an empty tensor of the precision and on the device that the settings ask for.

    Raises
    ------
    ParamError
        For a device that this machine does not have, or cannot compute with in that precision.
    """
    wanted = settings.train.device
    dtype = torch.float64 if settings.train.dtype == "float64" else torch.float32
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if wanted in present and not present[wanted]:
        have = ["auto", "cpu", *(name for name, here in present.items() if here)]
        raise ParamError(
            f"train.device = {wanted}: this machine has none; must be {' or '.join(have)}"
        )
    if wanted == "mps" and dtype == torch.float64:
        raise ParamError(
            "train.dtype = float64: an MPS device has only float32; "
            "choose train.device = cpu, or train.dtype = float32"
        )
    return torch.empty((), dtype=dtype, device="cpu" if wanted == "auto" else wanted)
