"""Messages that wait to be sent when a fragment runs again, taken in by a page as Streamlit's own takes them in."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from app.server.message_queue import keep_places_of_fragments

FRAGMENT = "the maps"


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # undone after the test
    keep_places_of_fragments()


def started(run: str) -> ForwardMsg:
    message = ForwardMsg()
    message.new_session.main_script_path = run  # any field: the run is told by its place
    return message


def block(*path: int, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.delta.add_block.allow_empty = True
    message.delta.fragment_id = fragment
    message.metadata.delta_path.extend(path)
    return message


def text(body: str, *path: int, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.delta.new_element.markdown.body = body
    message.delta.fragment_id = fragment
    message.metadata.delta_path.extend(path)
    return message


def finished() -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    return message


def page_of(messages: list[ForwardMsg]) -> list[object]:
    """The tree of a page: lists for blocks, texts for elements. A place behind the last but one is an error."""
    root: list[object] = []
    for message in messages:
        if not message.HasField("delta"):
            continue
        *parents, last = message.metadata.delta_path
        inside = root
        for place in parents:
            inside = inside[place]
        assert last <= len(inside), f"Bad delta path index {last} (should be between [0, {len(inside)}])"
        is_block = message.delta.WhichOneof("type") == "add_block"
        before = inside[last] if last < len(inside) else None
        new = (before if isinstance(before, list) else []) if is_block else message.delta.new_element.markdown.body
        inside[last : last + 1] = [new]
    return root


def late_page(queue: ForwardMsgQueue) -> list[ForwardMsg]:
    """A run of the whole page, of which nothing has been sent when its fragment runs again."""
    whole = [started("1"), text("title", 0), block(1, fragment=FRAGMENT), text("maps", 1, 0, fragment=FRAGMENT)]
    for message in [*whole, text("classes", 2), text("report", 3), finished()]:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[FRAGMENT])
    for message in [started("2"), block(1, fragment=FRAGMENT), text("new maps", 1, 0, fragment=FRAGMENT)]:
        queue.enqueue(message)
    return queue.flush()


def test_streamlit_itself_drops_places() -> None:
    with pytest.raises(AssertionError, match="Bad delta path index 2"):
        page_of(late_page(ForwardMsgQueue()))


@pytest.mark.usefixtures("mended")
def test_a_page_is_whole_and_in_order() -> None:
    messages = late_page(ForwardMsgQueue())
    assert page_of(messages) == ["title", ["new maps"], "classes", "report"]
    runs = [i for i, message in enumerate(messages) if message.HasField("new_session")]
    fresh = [i for i, message in enumerate(messages) if message.delta.new_element.markdown.body == "new maps"]
    assert fresh[0] > runs[1], "what belongs to a run comes after the run's beginning"
    assert messages[runs[1] - 1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


@pytest.mark.usefixtures("mended")
def test_a_run_of_the_whole_page_still_drops_what_is_out_of_date() -> None:
    queue = ForwardMsgQueue()
    queue.enqueue(text("old", 0))
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()
