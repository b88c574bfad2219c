"""The tape: every run recorded, to go back to, to branch from and to keep.

``tape``
    Tape: the tree of branches, each with its marks, its trace and moments within a budget.
``lane``
    Lane: one engine on a tape: goes on, goes back, branches, takes back. It needs PyTorch, and is
    imported by those only who train.
"""

from .tape import BUDGET, Branch, Kept, Place, Tape

__all__ = ["BUDGET", "Branch", "Kept", "Place", "Tape"]
