"""`streamlit run` that says on its output, for each message of a browser's, how long the server was about it.

From the message's arrival until the last one of the answer is handed to the network, in seconds. Whatever the browser
needs to draw on the same processor is not in it, though it slows the server too.
"""

import sys
import time

from streamlit.runtime.app_session import AppSession
from streamlit.web.cli import main
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

SAID = "served in "


def watch() -> None:
    """Have Streamlit take the time where messages come in and go out."""
    taken, given = AppSession.handle_backmsg, StarletteSessionClient.write_forward_msg
    since = time.perf_counter()

    def take(self: AppSession, message: object) -> None:
        nonlocal since
        since = time.perf_counter()
        taken(self, message)

    def give(self: StarletteSessionClient, message: object) -> None:
        given(self, message)
        if message.WhichOneof("type") == "script_finished":
            print(f"{SAID}{time.perf_counter() - since:.4f}", flush=True)

    AppSession.handle_backmsg, StarletteSessionClient.write_forward_msg = take, give


if __name__ == "__main__":
    watch()
    sys.exit(main())
