"""Hostile inputs against the command line, and commands that are killed.

Numerical libraries get one thread here, before any of them is imported: their pools would not survive a fork.
"""

import os

for _variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"
