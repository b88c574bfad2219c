"""The compiled kernel: the common game's rounds, several in one call without the interpreter lock.

The plain path, :mod:`ganviz.engine.family.gan`, is the definition; :mod:`.rounds` is a page that
follows it phase by phase, and :mod:`.game` hands it what it works on.

``arithmetic``, ``layers``, ``rows``, ``judging`` and ``moving`` work on numbers, ``rounds`` calls
them, and ``rules`` is the list of them all: these are compiled. ``layout`` says what Python hands
to them. ``build`` compiles, ``store`` keeps what was compiled, ``load`` gives the functions, and
``blas`` finds the product of matrices.
"""
