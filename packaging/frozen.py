"""What a bundle starts with: ganviz, or with `--check` alone the proof that it works here."""

import sys

if sys.argv[1:] == ["--check"]:
    from check import main as prove

    sys.exit(prove())

from ganviz.__main__ import main

main()
