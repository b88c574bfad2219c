"""Frames for films come from the scenes of the views; lessons to film stand beside this."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "views")]
