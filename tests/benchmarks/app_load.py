"""The app under load: sessions that click on maps and galleries at once, over the browser's own protocol.

    python -m tests.benchmarks.app_load [--sessions 20] [--seconds 60] [--think 0] [--study DIR] [--beside]

Each session opens Compare and clicks an item, on the maps and in the galleries in turn: as soon as the last answer has
come, or after the seconds that a person looks at it (--think, exponential with that mean). Prints errors, how long an
answer takes, and the server's memory and threads over time, with the names of those that Python knows; the others
belong to numerical libraries. There is no browser, so that its drawing costs nothing. With --beside one more session
has one: it uploads pictures and exports tables and reports, beside one training after another.
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.asyncio.client import ClientConnection, connect

from core.common.places import REPO
from core.pipeline.run import run
from core.recipe.recipe import Recipe
from core.storage.study import Study
from tests.benchmarks.app_beside import Beside
from tests.benchmarks.threads_server import SAID
from tests.browser.conftest import Server, start_server

CLICKED = {"uncollapse_twin_map": lambda id: {"id": id, "colour": None}, "uncollapse_gallery": lambda id: id}
"""Component -> what it sends when an item is clicked."""
POINTS = re.compile(r'"role":\s*"points"')
"""In what the maps' points are sent by."""
SAMPLE_SECONDS = 5


@dataclass
class Session:
    """One person's page."""

    socket: ClientConnection
    components: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name -> widget and fragment of the last one of that name."""
    errors: list[str] = field(default_factory=list)

    async def ask(self, message: BackMsg) -> float:
        """Send a message; seconds until the answer is whole."""
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self.socket.recv())
            if answer.WhichOneof("type") == "script_finished":
                return time.perf_counter() - started
            if answer.WhichOneof("type") == "delta":
                self._note(answer)

    def _note(self, answer: ForwardMsg) -> None:
        element = answer.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            component = element.bidi_component
            if not POINTS.search(component.json + component.mixed.json):  # they take no clicks
                self.components[component.component_name] = component.id, answer.delta.fragment_id
        elif element.WhichOneof("type") == "exception":
            self.errors.append(element.exception.message)

    async def open(self, study: str) -> float:
        message = BackMsg()
        message.rerun_script.query_string = f"study={study}"
        return await self.ask(message)

    async def click(self, component: str, item: int) -> float:
        widget, fragment = self.components[component]
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        own = message.rerun_script.widget_states.widgets.add()  # a browser sends what each widget holds
        own.id, own.json_value = widget, "{}"
        state = message.rerun_script.widget_states.widgets.add()
        state.id = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{widget}__events"
        state.json_trigger_value = json.dumps([{"event": "picked", "value": CLICKED[component](item)}])
        return await self.ask(message)


@dataclass
class Load:
    """What all sessions met."""

    opened: list[float] = field(default_factory=list)
    clicked: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    think: float = 0.0
    """Mean seconds between an answer and the next click."""

    async def one(self, server: Server, study: str, items: list[int], until: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        try:
            async with connect(address, subprotocols=["streamlit"], origin=server.url, max_size=None) as socket:
                session = Session(socket)
                self.opened.append(await session.open(study))
                for click in range(10**9):
                    if time.monotonic() > until:
                        break
                    await asyncio.sleep(rng.exponential(self.think))
                    name = [*CLICKED][click % 2 if len(session.components.keys() & CLICKED) == 2 else 0]
                    self.clicked.append(await session.click(name, int(rng.choice(items))))
                self.errors.update(session.errors)
        except Exception as error:  # one session's failure is a figure of the benchmark, not its end
            self.errors[f"{type(error).__name__}: {error}"[:100]] += 1


async def watch(server: Server, until: float) -> list[tuple[float, float, int]]:
    """Seconds, MB and threads of the server, every few seconds."""
    process, started, seen = psutil.Process(server.process.pid), time.monotonic(), []
    while time.monotonic() < until:
        seen.append((time.monotonic() - started, process.memory_info().rss / 1e6, process.num_threads()))
        await asyncio.sleep(SAMPLE_SECONDS)
    return seen


async def measure(
    server: Server, study: Study, sessions: int, seconds: float, think: float, beside: Beside | None, scratch: Path
) -> bool:
    """Print every figure; whether nothing failed."""
    items, until, load = np.flatnonzero(study.evaluated).tolist(), time.monotonic() + seconds, Load(think=think)
    each = [load.one(server, study.path.name, items, until, seed) for seed in range(sessions)]
    if beside:
        each += [beside.visit(until), beside.train(scratch, until)]
    seen, *_ = await asyncio.gather(watch(server, until), *each)
    for name, times in (("first page", load.opened), ("click", load.clicked)):
        middle, late = np.quantile(times or [np.nan], [0.5, 0.95])
        print(f"{name}: {len(times)}, median {middle:.2f} s, 95 % below {late:.2f} s")
    for second, megabytes, threads in seen:
        print(f"after {second:3.0f} s: {megabytes:.0f} MB, {threads} threads")
    names = [json.loads(found) for found in re.findall(rf"{SAID}(\{{.*?\}})", server.log())]  # lines may run together
    most = max(names, key=lambda found: sum(found.values()))
    print(f"of Python at most {sum(most.values())}: {most}; at the end {sum(names[-1].values())}: {names[-1]}")
    errors = load.errors
    if beside:
        print(f"beside them: {dict(beside.done)}")
        errors += beside.errors
    print(f"errors: {sum(errors.values())} {dict(errors)}")
    return not errors


def main() -> bool:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.app_load")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=0)
    parser.add_argument("--study", type=Path, help="a finished study; a small one is made by default")
    parser.add_argument("--beside", action="store_true", help="uploads, exports and trainings at the same time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.study or Path(folder) / "digits-parity"
        study = Study.load(path) if path.exists() else run(Recipe.load("digits-parity", ("train.epochs=2",)), path)
        env, log = {"UNCOLLAPSE_STUDIES": str(study.path.absolute().parent)}, Path(folder) / "server.log"
        server = start_server(REPO / "app" / "main.py", env, log, module="tests.benchmarks.threads_server")
        try:
            server.wait_until_up()
            beside = None
            if options.beside:
                Beside.prepare(study.path.parent)
                beside = Beside(server.url, study.path.name)
            how = options.sessions, options.seconds, options.think
            return asyncio.run(measure(server, study, *how, beside, Path(folder)))
        finally:
            server.stop()


if __name__ == "__main__":
    raise SystemExit(not main())
