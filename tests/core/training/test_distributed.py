"""Two processes that torchrun starts train as one: the same loss and gradients, one study written by the first."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.recipe.recipe import Recipe
from core.storage.study import Study
from core.storage.workspace import unfinished
from core.training import distributed
from tests.core.training.ranks import CASES, first_steps

REPO = Path(__file__).parents[3]


def torchrun(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return subprocess.run([*command, *map(str, arguments)], cwd=REPO, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """What one process finds alone, and what each of two finds together."""
    folder = tmp_path_factory.mktemp("ranks")
    done = torchrun("-m", "tests.core.training.ranks", folder / "found")
    assert done.returncode == 0, done.stderr
    alone = {loss: first_steps(loss) for loss in CASES}
    return [alone, *(torch.load(folder / f"found.{rank}", weights_only=True) for rank in (0, 1))]


@pytest.mark.parametrize("loss", CASES)
def test_two_processes_have_the_loss_and_gradients_of_one_with_the_whole_batch(loss: str, steps: list[dict]):
    """15 rows, which two processes cannot share evenly."""
    alone, *together = steps
    assert [found["processes"] for found in together] == [2, 2]
    for found in together:
        assert found[loss].keys() == alone[loss].keys()
        for name, expected in alone[loss].items():
            assert torch.allclose(found[loss][name], expected, atol=1e-5, rtol=1e-5, equal_nan=True), name
    gradients = [g for name, g in alone[loss].items() if name.startswith("grad")]
    assert all(g.abs().sum() > 0 for g in gradients[:2])
    assert alone[loss]["figures"][:, 0].min() > 0


def test_without_torchrun_there_is_one_process_and_nothing_is_gathered():
    part = torch.randn(3, 2)
    with distributed.process_group():
        assert distributed.processes() == 1
        assert distributed.is_first_process()
        assert distributed.gather(part, 3) is part
        assert torch.equal(distributed.local_rows(torch.arange(5)), torch.arange(5))


def test_two_processes_make_one_study_and_the_first_alone_reports(small, tmp_path: Path):
    recipe: Recipe = small(train={"epochs": 2, "memory": 16, "snapshots": 1})
    (tmp_path / "r.toml").write_text(recipe.to_toml())
    done = torchrun("-m", "core", "run", tmp_path / "r.toml", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"timings"') == 1
    study = Study.load(tmp_path / "out")
    assert study.arms == ["standard", "nearest"]
    assert study.arm("nearest").history["epoch"].tolist() == [1, 2]
    assert study.arm("nearest").snapshots.epochs == [0, 1, 2]
    assert not unfinished(tmp_path / "out").exists()
