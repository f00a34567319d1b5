"""What every test runs under: shapes and types checked, seeded hypothesis, a studies folder of its own."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

from tests import typechecker

# Before anything imports core or models: every annotated function checks its shapes and types from here on.
install_import_hook(["core", "models"], f"{typechecker.__name__}.check")

TRAINING = (
    "tests/core/jobs/",
    "tests/core/pipeline/",
    *(f"tests/core/training/test_{name}.py" for name in ("distributed", "finetuning", "pretrained", "trainer")),
    "tests/core/training/test_augmentation.py::TestTraining",
    "tests/core/authoring/test_own_experiment.py::test_extremes_make_a_sane_study",
    "tests/test_docs.py::test_commands_run[python -m core run",
)
"""Where tests train, or start runs in processes of their own."""
TRAINING_FIXTURES = {"small", "run"}
"""A recipe to train, and the command that trains one."""
OVERRIDES = ("train.epochs=2", "data.max_items=300", "model.width=4", "model.dim=8")

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session", autouse=True)
def _own_studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the studies of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path_factory.mktemp("studies")))
        yield


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of 300 digits; made once, also for several test processes. Not to be written to."""
    from core.pipeline.run import run
    from core.recipe.recipe import Recipe

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "tiny-study"
    with (shared / "tiny-study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            run(Recipe.load("digits-parity", OVERRIDES), out)
    return out


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make test-fast` leaves out, and puts the browser's files and the documents' first: they take longest.

    Begun last, one of them would keep one worker busy while the others have nothing left to do.
    """
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)
        elif item.nodeid.startswith(TRAINING) or TRAINING_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.training)
    items.sort(key=lambda item: not item.nodeid.startswith(("tests/browser/", "tests/test_docs.py")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.getreports("skipped") if r.nodeid.startswith("tests/browser/")]
    if skipped:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(skipped)} tests were skipped: nothing was checked in a real browser. Install chromium or "
            "google-chrome (on Debian, as root: apt-get install chromium chromium-driver), or name one in "
            "UNCOLLAPSE_CHROME. With CI set this is a failure.",
            red=True,
            bold=True,
        )
