"""A fault of Streamlit's that users would see: under load, a page falls apart with "Bad delta path index".

Where a fragment runs before the messages of the run before it were sent, Streamlit drops those of them that belong to
the fragment, since newer ones are to come. But those stand for places on the page: without them the browser is given
the ones behind for places that do not exist yet, or clears the fragment away as old. Here all of them are sent, and in
order, as they are where nothing is late.
"""

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_clear = ForwardMsgQueue.clear


def keep_places_of_fragments() -> None:
    """Let no run of a fragment drop messages that have not been sent. To be called once, before the server starts."""
    ForwardMsgQueue.clear = _keep


def _keep(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    if fragment_ids_this_run:
        queue._delta_index_map = {}  # what comes now stands behind the new run's beginning, not in an old one's place
    else:
        _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
