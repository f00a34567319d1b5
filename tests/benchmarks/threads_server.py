"""`streamlit run` that says on its output, every second, which threads of Python it has: their names and how many."""

import collections
import json
import re
import sys
import threading
import time

from streamlit.web.cli import main

SAID = "threads "


def say() -> None:
    """Names without the numbers that tell threads of one kind apart."""
    while True:
        names = collections.Counter(re.sub(r"[-_]?\d+", "", thread.name) for thread in threading.enumerate())
        print(f"{SAID}{json.dumps(names)}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    threading.Thread(target=say, name="threads_server", daemon=True).start()
    sys.exit(main())
