"""Import this before numpy: numerical libraries on one thread, whose pools would not survive a fork."""

import os

for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
