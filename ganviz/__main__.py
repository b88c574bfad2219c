"""Start ganviz: ``python -m ganviz``, or ``ganviz``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.platform == "win32":
        # There torch's libraries fail to load once Qt's are in the process; elsewhere torch is
        # loaded late, by the host thread, so that the window is up before it.
        import torch  # noqa: F401

    from ganviz.cli import main as command_line

    sys.exit(command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
