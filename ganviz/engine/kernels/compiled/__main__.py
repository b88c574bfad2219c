"""Compile the kernel: ``python -m ganviz.engine.kernels.compiled``, see :mod:`.build`.

A page of its own: by the time Python would run ``build`` as a program, its package has imported it
already.
"""

import sys

from ganviz.engine.kernels.compiled.build import main

sys.exit(main(sys.argv[1:]))
