"""The compiled kernel: the common game's rounds, several in one call without the interpreter lock.

``build`` compiles, ``store`` keeps what was compiled, ``load`` gives the functions.
"""
