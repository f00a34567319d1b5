"""The benchmark of the paper's question, but for its training: splits, groups, going on, tables."""

import gzip
import struct
import zipfile
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.common.errors import UncollapseError
from core.data.idx import GARMENTS
from tests.benchmarks.paper import __main__ as paper
from tests.benchmarks.paper.settings import LOSSES, OMNIGLOT, Setting, read_fashion, read_mnist, read_omniglot, settings
from tests.benchmarks.paper.tables import FIGURES, short_table, tables


def drawings(path: Path, alphabets: dict[str, int], *, shade: int) -> None:
    """Letters with 20 drawings each; every picture has a shade of its own, so that it can be told apart."""
    with zipfile.ZipFile(path, "w") as archive:
        for alphabet, letters in alphabets.items():
            for letter in range(letters):
                for drawing in range(20):
                    shade += 1
                    picture = np.full((4, 4), 255, np.uint8)
                    picture.flat[:2] = divmod(shade, 256)
                    buffer = BytesIO()
                    Image.fromarray(picture).save(buffer, "PNG")
                    name = f"{path.stem}/{alphabet}/character{letter:02}/{drawing:02}.png"
                    archive.writestr(name, buffer.getvalue())


@pytest.fixture
def omniglot(tmp_path: Path) -> Path:
    drawings(tmp_path / OMNIGLOT[0], {"Greek": 2, "Korean": 3}, shade=0)
    drawings(tmp_path / OMNIGLOT[1], {"Greek": 2, "Sanskrit": 2, "Tagalog": 1}, shade=1000)
    return tmp_path


@pytest.fixture
def fashion(tmp_path: Path) -> Path:
    """As many pictures as are drawn and some more; the first two pixels number them."""
    for part, n in (("train", 4000), ("t10k", 2100)):
        pictures = np.zeros((n, 28, 28), np.uint8)
        pictures[:, 0, 0], pictures[:, 0, 1], pictures[:, 0, 2] = (
            np.arange(n) // 256,
            np.arange(n) % 256,
            part == "t10k",
        )
        kinds = (np.arange(n) % 10).astype(np.uint8)
        images = struct.pack(">4I", 0x803, n, 28, 28) + pictures.tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, 1))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(struct.pack(">2I", 0x801, n) + kinds.tobytes())
        )
    return tmp_path


def test_mnist_holds_back_6_to_9_and_part_of_the_rest() -> None:
    data = read_mnist(3)
    modes = data.items.groupby("split")["sublabel"].agg(set)
    assert modes["train"] == modes["test"] == set("012345")
    assert modes["unseen"] == set("6789")
    assert data.items["split"].value_counts().to_dict() == {"train": 2100, "test": 900, "unseen": 2000}
    assert (data.items["label"] == data.items["sublabel"].map(lambda digit: ("even", "odd")[int(digit) % 2])).all()


@pytest.mark.parametrize("noise", [0.1, 0.2])
def test_only_training_labels_are_wrong_and_as_many_as_said(noise: float) -> None:
    setting = Setting("mnist", noise, 28, epochs=1, classes_per_batch=2, read=read_mnist)
    items = setting.material(0).items
    wrong = items["label"] != items["clean_label"]
    assert wrong[items["split"] == "train"].sum() == round(noise * 2100)
    assert not wrong[items["split"] != "train"].any()


def test_the_split_differs_between_seeds_and_is_the_same_for_one() -> None:
    first, again, other = read_mnist(0).items, read_mnist(0).items, read_mnist(1).items
    pd.testing.assert_frame_equal(first, again)
    assert (first["split"] != other["split"]).any()


def test_omniglot_trains_on_the_first_zip_and_has_only_new_alphabets_unseen(omniglot: Path) -> None:
    data = read_omniglot(omniglot, 0)
    labels = data.items.groupby("split")["label"].agg(set)
    assert labels["train"] == labels["test"] == {"Greek", "Korean"}
    assert labels["unseen"] == {"Sanskrit", "Tagalog"}
    per_letter = data.items[data.items["split"] != "unseen"].groupby(["sublabel", "split"]).size().unstack()
    assert len(per_letter) == 5
    assert (per_letter["test"] == 6).all()
    assert (per_letter["train"] == 14).all()


def test_omniglot_items_keep_their_own_pictures(omniglot: Path) -> None:
    read = partial(read_omniglot, omniglot)
    setting = Setting("omniglot", 0.0, 4, epochs=1, classes_per_batch=2, read=read)
    material = setting.material(0)
    shades = material.pixels.numpy().reshape(-1, 16)[:, :2].astype(int) @ [256, 1]
    assert len(set(shades)) == len(shades) == len(material.items)
    assert ((shades > 1000) == (material.items["split"] == "unseen")).all()
    assert set(shades[(material.items["label"] == "Tagalog").to_numpy()]) == set(range(1081, 1101))


def test_missing_omniglot_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UncollapseError, match=r"small1\.zip is missing; give the folder .* --omniglot"):
        read_omniglot(tmp_path, 0)


def test_fashion_is_grouped_and_drawn_evenly_within_its_official_halves(fashion: Path) -> None:
    data = read_fashion(fashion, 5)
    assert data.items["split"].value_counts().to_dict() == {"train": 3500, "test": 2000}
    assert data.items.groupby("label")["sublabel"].nunique().to_dict() == {
        "bags": 1,
        "footwear": 3,
        "tops": 4,
        "trousers and dresses": 2,
    }
    sizes = data.items.groupby(["split", "sublabel"]).size().unstack("split")
    assert (sizes == [200, 350]).all(axis=None)
    marks = data.images.pixels(np.arange(5500), size=28, channels=1)[:, 0, 0, :3].astype(int)
    assert ((marks[:, 2] == 1) == (data.items["split"] == "test")).all()
    assert len(np.unique(marks, axis=0)) == 5500
    kinds = np.array(GARMENTS)[(marks[:, 0] * 256 + marks[:, 1]) % 10]
    assert (kinds == data.items["sublabel"]).all()


def test_every_setting_has_a_valid_recipe_for_every_loss_that_differs_in_positives_alone() -> None:
    for setting in settings(omniglot=Path("o"), fashion=Path("f"), quick=False):
        for loss in LOSSES:
            arms = setting.recipe(loss, seed=1).arms
            assert arms["nearest"] == replace(arms["standard"], positives="nearest")


def test_figures_see_modes_that_are_apart_and_modes_that_are_not() -> None:
    rng = np.random.default_rng(0)
    modes = np.repeat(list("abcd"), 20)
    items = pd.DataFrame({"label": np.repeat(["x", "y"], 40), "sublabel": modes})
    apart = np.eye(4)[np.repeat(range(4), 20)] + rng.normal(0, 0.01, (80, 4))
    assert paper.figures(apart, items, seed=0) == pytest.approx(dict.fromkeys(FIGURES, 1.0) | {"map@r": 0.49}, abs=0.2)
    assert paper.figures(apart, items, seed=0)["ami"] == pytest.approx(1)
    collapsed = np.eye(4)[np.repeat(range(2), 40)] + rng.normal(0, 0.01, (80, 4))
    found = paper.figures(collapsed, items, seed=0)
    assert found["map@r"] == pytest.approx(1)
    assert found["sub_recall@1"] < 0.75
    assert found["ami"] < 0.8


def results(wanted: list[tuple[str, float, str, int]], *, fingerprint: str = "") -> pd.DataFrame:
    """Rows as `measure` makes them, with figures that differ by arm and seed."""
    rows = []
    for dataset, noise, loss, seed in wanted:
        for arm in ["pixels"] if loss == "pixels" else ["standard", "nearest"]:
            for part in ("seen", "unseen"):
                value = 0.5 + 0.1 * seed + (0.25 if arm == "nearest" else 0)
                row = {"dataset": dataset, "noise": noise, "loss": loss, "seed": seed, "arm": arm, "part": part}
                rows.append(row | dict.fromkeys(FIGURES, value) | {"cpu_seconds": 2.0, "fingerprint": fingerprint})
    return pd.DataFrame(rows)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What is trained, in order, in place of the training itself; the third job from now on is interrupted."""
    calls: list[tuple[str, str, int]] = []

    def measure(job: paper.Job, material: object) -> pd.DataFrame:
        setting, loss, seed = job
        calls.append((setting.dataset, loss, seed))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return results([(setting.dataset, setting.noise, loss, seed)], fingerprint=paper.fingerprint(setting, loss))

    monkeypatch.setattr(paper, "measure", measure)
    return calls


def test_a_stopped_run_goes_on_where_it_was(trained: list[tuple[str, str, int]], tmp_path: Path) -> None:
    setting = Setting("mnist", 0.0, 28, epochs=1, classes_per_batch=2, read=read_mnist, quick=True)
    todo, out = paper.jobs([setting], 2), tmp_path / "results.csv"
    with pytest.raises(KeyboardInterrupt):
        paper.run(todo, out)
    found = paper.run(todo, out)
    assert trained[:2] + trained[3:] == [("mnist", loss, seed) for seed in (0, 1) for loss in ("pixels", *LOSSES)]
    pd.testing.assert_frame_equal(found, paper.load_results(out))
    before = len(trained)
    assert len(paper.run(todo, out)) == len(found)
    assert len(trained) == before


def test_results_of_other_settings_are_not_mixed_in() -> None:
    setting = Setting("mnist", 0.0, 28, epochs=1, classes_per_batch=2, read=read_mnist)
    todo = paper.jobs([setting], 1)
    done = results([("mnist", 0.0, "triplet", 0)], fingerprint=setting.fingerprint("triplet"))
    assert [loss for _, loss, _ in paper.missing(todo, done)] == ["pixels", "margin", "multi-similarity"]
    for other in (replace(setting, epochs=2), replace(setting, quick=True)):
        with pytest.raises(UncollapseError, match="other settings"):
            paper.missing(paper.jobs([other], 1), done)


def test_seeds_come_one_after_the_other_through_all_settings() -> None:
    todo = paper.jobs(settings(omniglot=Path("o"), fashion=Path("f"), quick=False), 2)
    assert [seed for _, _, seed in todo] == [0] * 20 + [1] * 20
    assert len({(s.dataset, s.noise, loss, seed) for s, loss, seed in todo}) == 40


def test_tables_give_spread_paired_gap_and_whole_seeds_only() -> None:
    whole = [("mnist", 0.1, loss, seed) for seed in (0, 1, 2) for loss in ("pixels", "triplet")]
    table = tables(results([*whole, ("mnist", 0.1, "pixels", 3), ("omniglot", 0.0, "pixels", 0)]))
    lines = table.splitlines()
    assert "**MNIST parity**, 3 seeds" in lines
    assert lines[2].startswith("| items | wrong labels | loss | positives | coarse R@1 | coarse MAP@R | fine R@1 |")
    gap = " | ".join([".850 ± .100 (**+.250 ± .000**)"] * 5)
    assert f"| digits 0 to 5, held out | 10% | triplet | nearest | {gap} |" in lines
    assert f"| digits 6 to 9, never seen | 10% | raw pixels | | {' | '.join(['.600 ± .100'] * 5)} |" in lines
    assert [line.split("|")[1:5] for line in lines[4:10]] == [
        [f" {part} ", " 10% ", *cells]
        for part in ("digits 0 to 5, held out", "digits 6 to 9, never seen")
        for cells in ((" raw pixels ", " "), (" triplet ", " standard "), (" triplet ", " nearest "))
    ]
    assert all(line.count("|") == 10 for line in lines if line.startswith("|"))
    assert "Processor seconds a training: 2.0 ± .0." in lines
    assert "**Omniglot letters**, 1 seed" in lines


def test_a_gap_is_bold_only_where_all_seeds_agree() -> None:
    found = results([("omniglot", 0.0, "margin", seed) for seed in (0, 1)])
    one = (found["arm"] == "nearest") & (found["seed"] == 1)
    found.loc[one, "ami"] = 0.1
    row = next(line for line in tables(found).splitlines() if "margin | nearest" in line)
    assert row.count("**") == 8
    assert "(-.125 ± .530)" in row


@pytest.mark.parametrize("arguments", [["--out", "r.csv"], [], ["--out", "r.csv", "--tables", "r.csv"]])
def test_a_wrong_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        paper.parse(arguments)
    assert stopped.value.code == 2
    assert "--out" in capsys.readouterr().err


def test_the_short_table_has_a_row_for_every_setting_and_means() -> None:
    rows = [
        {
            "dataset": "mnist",
            "part": "seen",
            "noise": 0.1,
            "loss": loss,
            "seed": seed,
            "arm": arm,
            "map@r": value + seed / 10,
        }
        for loss, arm, value in (("pixels", "pixels", 0.3), ("triplet", "standard", 0.5), ("triplet", "nearest", 0.2))
        for seed in (0, 1)
    ]
    lines = short_table(pd.DataFrame(rows), "map@r").splitlines()
    assert lines[0] == "| coarse MAP@R | wrong labels | raw pixels | triplet |"
    assert lines[2:] == ["| MNIST parity, digits 0 to 5, held out | 10% | .35 | .55 → .25 |"]
