"""The command line: one clear sentence for whatever is wrong, exit code 2, and nothing left behind."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file

import core
from core import __main__ as cli_module
from core.analysis.label_noise import wrong_labels
from core.pipeline import run as pipeline
from core.pipeline.assembly import Assembly
from core.recipe.recipe import Recipe
from core.storage.study import Study
from core.storage.workspace import unfinished
from models.registry import IMAGENET, create
from tests.core.conftest import Outcome, small_recipe, write_pictures

REPO = Path(__file__).parent.parent.parent


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "data")


@pytest.fixture
def run(cli: Callable[..., Outcome], tmp_path: Path) -> Callable[..., Outcome]:
    """`run` of a folder recipe with overrides; whatever is left is an error where the run fails."""

    def command(data: Path, *overrides: str, recipe: Recipe | None = None, source: str = "folder") -> Outcome:
        file = tmp_path / "recipe.toml"
        file.write_text((recipe or small_recipe(data, data={"source": source}, train={"epochs": 1})).to_toml())
        options = [part for override in overrides for part in ("--set", override)]
        outcome = cli("run", file, "--out", tmp_path / "studies" / "out", *options)
        if outcome.code:
            assert not list((tmp_path / "studies").iterdir() if (tmp_path / "studies").exists() else [])
        return outcome

    return command


def test_the_keys_of_a_recipe_are_listed(cli: Callable[..., Outcome]):
    listed = cli("keys")
    assert listed.code == 0
    for text in ("train.epochs", "1 to 10000", "required", "arms.NAME.positives", "all, random, hardest, nearest"):
        assert text in listed.out
    assert "train.epochs" not in cli("keys", "train.m").out
    found = json.loads(cli("keys", "train.m", "--json").out)
    assert [key["key"] for key in found] == ["train.margin", "train.memory", "train.memory_warmup"]
    ends = {"min": 4, "max": 1_000_000, "open_min": False, "open_max": False, "or_zero": True, "reason": ""}
    assert found[1]["range"] == ends
    assert (found[1]["kind"], found[1]["default"], found[1]["required"]) == ("integer", 0, False)


def test_a_key_that_is_not_there(cli: Callable[..., Outcome]):
    refused(cli("keys", "trian"), 'no key of a recipe begins with "trian"')


def refused(outcome: Outcome, *words: str) -> None:
    """One sentence on stderr, nothing on stdout, exit code 2."""
    assert outcome.code == 2
    assert outcome.out == ""
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0], lines[0]


def strict(text: str) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    assert text.count("\n") == 1
    return json.loads(text, parse_constant=refuse)


class TestBadData:
    def test_an_absent_folder(self, run, tmp_path: Path):
        refused(run(tmp_path / "absent"), "absent")

    def test_an_empty_folder(self, run, tmp_path: Path):
        (tmp_path / "empty").mkdir()
        refused(run(tmp_path / "empty"), "empty")

    def test_a_folder_that_may_not_be_read(self, run, data: Path, monkeypatch):
        scan = os.scandir

        def forbid(path="."):
            if data.name in str(path):
                raise PermissionError(13, "Permission denied", str(path))
            return scan(path)

        monkeypatch.setattr("os.scandir", forbid)
        outcome = run(data)
        monkeypatch.undo()
        refused(outcome, "data")

    def test_a_file_in_the_place_of_a_folder(self, run, tmp_path: Path):
        (tmp_path / "note.txt").write_text("hello")
        refused(run(tmp_path / "note.txt"), "note.txt")

    def test_a_class_with_one_image(self, run, data: Path):
        (data / "single").mkdir()
        Image.new("L", (9, 9)).save(data / "single" / "a.png")
        refused(run(data), "single")

    def test_a_single_class(self, run, tmp_path: Path):
        refused(run(write_pictures(tmp_path / "one", classes=1)), "two classes")

    def test_an_image_that_is_none(self, run, data: Path):
        (data / "class0" / "0.png").write_text("no image")
        refused(run(data), "class0/0.png")

    def test_a_table_with_missing_files(self, run, data: Path):
        rows = [(f"class{i % 2}/{i // 2}.png", f"class{i % 2}") for i in range(42)]
        pd.DataFrame(rows, columns=["path", "label"]).to_csv(data / "items.csv", index=False)
        refused(run(data / "items.csv", source="table"), "class0/20.png")

    @pytest.mark.parametrize("column", ["path", "label"])
    def test_a_table_without_a_column(self, run, data: Path, column: str):
        rows = [(f"class{i % 2}/{i // 2}.png", f"class{i % 2}") for i in range(40)]
        table = pd.DataFrame(rows, columns=["path", "label"]).drop(columns=column)
        table.to_csv(data / "items.csv", index=False)
        refused(run(data / "items.csv", source="table"), column)

    def test_a_table_that_is_none(self, run, data: Path):
        (data / "items.csv").write_bytes(bytes(range(256)))
        refused(run(data / "items.csv", source="table"), "items.csv")

    def test_more_classes_in_a_batch_than_there_are(self, run, data: Path):
        refused(run(data, "train.classes_per_batch=3"), "2 class(es), fewer than train.classes_per_batch = 3")


class TestBadRecipe:
    @pytest.mark.parametrize(
        ("override", "words"),
        [
            ("train.epoch=3", ["unknown key train.epoch"]),
            ("train.epochs=none", ["train.epochs"]),
            ("arms.nearest.loss=proxy-anchor", ["arms.nearest", "has no in-batch positive"]),
            ("train.loss=proxy-anchor", ["arms.standard", "has no in-batch positive"]),
            ("model.name=vgg", ["model.name", "'vgg'", "'convnet'"]),
            ("data.path=", ["needs data.path"]),
            ("train", ["train.epochs=5"]),
            ('title="[/] [bold"', []),
        ],
    )
    def test_an_override(self, run, data: Path, override: str, words: list[str]):
        outcome = run(data, override)
        if words:
            refused(outcome, *words)
        else:
            assert outcome.code == 0

    @pytest.mark.parametrize("device", ["cuda", "mps"])
    def test_a_device_that_is_not_there(self, run, data: Path, device: str, monkeypatch):
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
        refused(run(data, f"train.device={device}"), f'train.device = "{device}"')

    def test_a_recipe_that_is_not_there(self, cli):
        refused(cli("run", "no-such-recipe"), "no-such-recipe", "mnist-parity")

    def test_nearest_with_two_a_class_warns_and_runs(self, run, data: Path):
        outcome = run(data, "train.samples_per_class=2")
        assert outcome.code == 0
        assert "warning: arms.nearest: with 2 samples per class" in outcome.err

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
    @given(overrides=st.lists(st.text(max_size=12) | st.from_regex(r"(train|data|model|arms)\.[a-z_.]{1,12}=.{0,9}")))
    def test_no_override_ends_in_a_traceback(self, cli, overrides: list[str], monkeypatch):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline, "run", lambda *_, **__: (_ for _ in ()).throw(cli_module.UncollapseError("made")))
            outcome = cli("run", "digits-parity", *(part for o in overrides for part in ("--set", o)))
        assert outcome.code == 2


class TestPlaces:
    def test_an_existing_out(self, cli, tmp_path: Path):
        (tmp_path / "out").mkdir()
        refused(cli("run", "digits-parity", "--out", tmp_path / "out"), "exists already")

    def test_no_space_left(self, run, data: Path, monkeypatch):
        def full(*_args, **_options):
            raise OSError(28, "No space left on device", "/disk/items.parquet")

        monkeypatch.setattr("pandas.DataFrame.to_parquet", full)
        refused(run(data), "no space left on the disk while writing /disk/items.parquet")

    def test_the_place_is_the_studies_folder_by_default(self, cli, data: Path, tmp_path: Path, monkeypatch):
        monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path / "mine"))
        (tmp_path / "r.toml").write_text(small_recipe(data, train={"epochs": 1}).to_toml())
        assert cli("run", tmp_path / "r.toml").code == 0
        assert Study.load(tmp_path / "mine" / "small").recipe.name == "small"

    def test_an_interrupted_run_resumes(self, cli, data: Path, tmp_path: Path, monkeypatch):
        (tmp_path / "r.toml").write_text(small_recipe(data).to_toml())
        command = ("run", tmp_path / "r.toml", "--out", tmp_path / "out")

        def interrupt(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Assembly, "analyse", interrupt)
            stopped = cli(*command)
        assert stopped.code == 130
        assert "--resume to go on" in stopped.err
        assert unfinished(tmp_path / "out").is_dir()
        assert cli(*command, "--resume").code == 0
        assert Study.load(tmp_path / "out").arms == ["standard", "nearest"]


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["nonsense"],
            ["run"],
            ["run", "digits-parity", "--epochs", "5"],
            ["run", "digits-parity", "surplus"],
            ["search", "somewhere"],
            ["search", "somewhere", "--image", "a.png", "-k", "0"],
            ["search", "somewhere", "--image", "a.png", "-k", "many"],
            ["diagnose"],
            ["data", "check"],
            ["data", "nonsense"],
        ],
    )
    def test_wrong_usage(self, cli, arguments: list[str]):
        outcome = cli(*arguments)
        assert outcome.code == 2
        assert outcome.out == ""
        assert "Error" in outcome.err
        assert "Traceback" not in outcome.err

    @pytest.mark.parametrize("arguments", [[], ["run"], ["search"], ["diagnose"], ["data"], ["data", "check"]])
    def test_help(self, cli, arguments: list[str]):
        outcome = cli(*arguments, "--help")
        assert outcome.code == 0
        assert "Usage" in outcome.out

    def test_version(self, cli):
        assert cli("--version") == Outcome(0, f"Uncollapse {core.__version__}\n", "")

    def test_help_does_not_wait_for_torch(self):
        code = "import sys; import core.__main__; print('torch' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


class TestOutput:
    def test_run_prints_a_table_and_where_it_is(self, run, data: Path, tmp_path: Path):
        outcome = run(data)
        assert outcome.code == 0
        for word in ("standard", "nearest", "pixels", "oarse R@1", "appa", str(tmp_path / "studies" / "out")):
            assert word in outcome.out

    def test_run_as_json_prints_nothing_else(self, cli, data: Path, tmp_path: Path):
        (tmp_path / "r.toml").write_text(small_recipe(data, train={"epochs": 1}).to_toml())
        outcome = cli("run", tmp_path / "r.toml", "--out", tmp_path / "out", "--json")
        values = strict(outcome.out)
        assert values["study"] == str(tmp_path / "out")
        assert list(values["arms"]) == ["standard", "nearest", "pixels"]
        assert values["arms"]["nearest"]["recall@1"] is None  # one held-out item a class: nothing to find

    def test_names_with_brackets_are_printed_as_they_are(self, cli, tmp_path: Path):
        data = write_pictures(tmp_path / "data")
        (data / "class0").rename(data / "[red]x")
        (data / "class1").rename(data / "[bold]")
        folder = tmp_path / "[blue]out"
        (tmp_path / "r.toml").write_text(small_recipe(data, train={"epochs": 1}, title="[/] title").to_toml())
        outcome = cli("run", tmp_path / "r.toml", "--out", folder)
        assert outcome.code == 0, outcome.err
        assert "[/] title" in outcome.out
        assert str(folder) in outcome.out.replace("\n", "")
        diagnosed = cli("diagnose", folder)
        assert "[red]x" in diagnosed.out
        assert "[bold]" in diagnosed.out


class TestMisses:
    def test_a_process_of_its_own_prints_every_cause_of_every_arm(self, study_folder: Path):
        command = [sys.executable, "-m", "core", "misses", str(study_folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPO)
        assert (done.returncode, done.stderr) == (0, "")
        for text in ("standard", "nearest", "pixels", "All, as it is", "Suspect label: ", "Mended: These queries"):
            assert text in done.stdout

    def test_json_holds_every_row(self, cli, study_folder: Path):
        rows = strict(cli("misses", study_folder, "--arm", "nearest", "--json").out)
        assert {row["arm"] for row in rows} == {"nearest"}
        assert rows[0]["cause"] == ""
        assert rows[0]["misses"] == sum(row["misses"] for row in rows[1:])

    def test_an_arm_that_is_not_there(self, cli, study_folder: Path):
        refused(cli("misses", study_folder, "--arm", "other"), 'has no arm "other"')


class TestDiagnose:
    def test_a_table_of_all_arms_and_references(self, cli, study_folder: Path):
        outcome = cli("diagnose", study_folder)
        assert outcome.code == 0
        assert all(name in outcome.out for name in ("standard", "nearest", "pixels", "even", "odd"))

    def test_json_holds_every_row(self, cli, study_folder: Path):
        rows = strict(cli("diagnose", study_folder, "--json").out)
        assert {(row["arm"], row["label"]) for row in rows} == {
            (arm, label) for arm in ("standard", "nearest", "pixels") for label in ("even", "odd")
        }

    def test_wrong_labels_are_told_for_all_classes_and_each(self, cli, study_folder: Path):
        noise = wrong_labels(Study.load(study_folder))
        assert noise is not None
        assert noise.sentence in cli("diagnose", study_folder).out
        for row in strict(cli("diagnose", study_folder, "--json").out):
            assert 0 <= row["label_noise_low"] <= row["label_noise_high"] <= 1
            assert row["label_noise"] is None or row["label_noise_low"] <= row["label_noise"]

    def test_every_verdict_comes_with_its_evidence(self, cli, study_folder: Path):
        rows = strict(cli("diagnose", study_folder, "--json").out)
        for row in rows:
            others = {"standard", "nearest", "pixels"} - {row["arm"]}
            assert row["evidence"].startswith(f"{row['subclusters']} group")
            assert all(f" in {other}" in row["evidence"] for other in others)
        lines = cli("diagnose", study_folder).out.splitlines()
        assert lines[-len(rows) :] == [f"{row['arm']}, {row['label']}: {row['evidence']}." for row in rows]

    def test_one_arm(self, cli, study_folder: Path):
        rows = strict(cli("diagnose", study_folder, "--arm", "nearest", "--json").out)
        assert {row["arm"] for row in rows} == {"nearest"}

    def test_an_arm_that_is_not_there(self, cli, study_folder: Path):
        refused(cli("diagnose", study_folder, "--arm", "x"), 'no arm "x"', "standard, nearest, pixels")

    def test_fail_on_counts_classes_of_arms_only(self, cli, study_folder: Path):
        verdicts = Study.load(study_folder).diagnostics
        arms = verdicts[verdicts["arm"] != "pixels"]
        verdict, count = arms["verdict"].value_counts().head(1).to_dict().popitem()
        failed = cli("diagnose", study_folder, "--fail-on", f"{verdict}>{count - 1}")
        assert failed.code == 1
        assert failed.err.startswith(f"failed: {count} class(es) are {verdict}")
        assert cli("diagnose", study_folder, "--fail-on", f" {verdict} > {count} ").code == 0
        assert cli("diagnose", study_folder, "--fail-on", f"{verdict}>0", "--arm", "pixels").code == 0

    @pytest.mark.parametrize(
        "gate", ["", "destroyed", "destroyed<1", "bad>0", "destroyed>x", "destroyed>0;", "kappa>0.1"]
    )
    def test_a_gate_that_cannot_be_read(self, cli, study_folder: Path, gate: str):
        refused(cli("diagnose", study_folder, "--fail-on", gate), "--fail-on", "destroyed>0")

    @pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: None])
    def test_no_study(self, cli, tmp_path: Path, make):
        make(tmp_path / "place")
        refused(cli("diagnose", tmp_path / "place"), "place is not a study")


class TestSearch:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
    def test_a_picture(self, cli, study_folder: Path, kind: str, tmp_path: Path):
        study = Study.load(study_folder)
        item = int(study.items.index[study.evaluated][0])
        study.picture(item).resize((80, 80)).save(tmp_path / "query", kind)
        found = strict(cli("search", study_folder, "--image", tmp_path / "query", "-k", 5, "--json").out)
        assert list(found) == ["standard", "nearest", "pixels"]
        for hits in found.values():
            assert len(hits) == 5
            distances = [hit["distance"] for hit in hits]
            assert distances == sorted(distances)
        assert item in [hit["id"] for hit in found["pixels"]]

    def test_a_table_per_arm(self, cli, study_folder: Path, tmp_path: Path):
        Image.new("RGB", (30, 20), "white").save(tmp_path / "q.jpg")
        outcome = cli("search", study_folder, "--image", tmp_path / "q.jpg", "-k", 3)
        assert outcome.code == 0
        assert all(name in outcome.out for name in ("standard", "nearest", "pixels", "rank", "distance"))

    @pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", None])
    def test_no_picture(self, cli, study_folder: Path, content: bytes | None, tmp_path: Path):
        if content is None:
            (tmp_path / "q.png").mkdir()
        else:
            (tmp_path / "q.png").write_bytes(content)
        refused(cli("search", study_folder, "--image", tmp_path / "q.png"), "q.png")
        refused(cli("search", study_folder, "--image", tmp_path / "absent.png"), "absent.png")

    def test_half_a_picture(self, cli, study_folder: Path, tmp_path: Path):
        buffer = io.BytesIO()
        Image.effect_noise((90, 90), 50).save(buffer, "PNG")
        (tmp_path / "q.png").write_bytes(buffer.getvalue()[:2000])
        refused(cli("search", study_folder, "--image", tmp_path / "q.png"), "q.png")

    def test_a_damaged_checkpoint(self, cli, run, data: Path, tmp_path: Path):
        assert run(data).code == 0
        out = tmp_path / "studies" / "out"
        (out / "arms" / "nearest" / "model.safetensors").write_bytes(b"junk")
        refused(cli("search", out, "--image", data / "class0" / "0.png"), "model.safetensors")


class TestDataCheck:
    def test_nothing_wrong(self, cli, data: Path):
        outcome = cli("data", "check", data)
        assert outcome.code == 0
        assert "nothing is wrong" in outcome.out

    def test_everything_wrong_is_listed_with_exit_code_2(self, cli, data: Path):
        (data / "class0" / "0.png").write_text("no image")
        (data / "class1" / "1.png").write_text("no image")
        outcome = cli("data", "check", data, "--json")
        assert outcome.code == 2
        assert {row["where"] for row in strict(outcome.out)["problems"]} >= {"class0/0.png", "class1/1.png"}

    @pytest.mark.parametrize("spec", ["digits-parity", "mnist-parity"])
    def test_a_recipe(self, cli, spec: str):
        assert cli("data", "check", spec).code == 0

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("fashion-groups", "is not a folder; give the folder with the IDX files"),
            ("omniglot-letters", "does not exist; give a folder or a .zip of images"),
            ("cub200", "data.path must be the unpacked CUB_200_2011 folder"),
            ("cars196", "(No such file or directory); data.path must be the folder with cars_annos.mat and car_ims"),
        ],
    )
    def test_a_recipe_whose_data_are_missing(self, cli, tmp_path: Path, name: str, wanted: str):
        missing = tmp_path / "not-there"
        outcome = cli("data", "check", name, "--set", f"data.path={missing}", "--json")
        assert outcome.code == 2
        (problem,) = strict(outcome.out)["problems"]
        assert "not-there" in problem["problem"]
        assert wanted in problem["problem"]

    def test_a_recipe_of_the_users_data(self, cli, data: Path):
        named = ("data", "check", "omniglot-letters", "--set", f"data.path={data}")
        assert cli(*named, "--set", "train.classes_per_batch=2").code == 0
        outcome = cli(*named)
        assert outcome.code == 2
        assert "train.classes_per_batch" in outcome.out
        outcome = cli("data", "check", data, "--set", "data.path=elsewhere")
        assert outcome.code == 2
        assert "--set changes a recipe" in outcome.err

    @pytest.mark.parametrize("spec", ["", "absent.toml", "a\udcff"])
    def test_nothing_that_could_be_data(self, cli, spec: str):
        outcome = cli("data", "check", spec)
        assert outcome.code == 2
        assert "Traceback" not in outcome.err


class TestConvert:
    """Weights of others, from the file they come as to a study that starts from them."""

    @pytest.fixture
    def pth(self, tmp_path: Path) -> Path:
        torch.manual_seed(0)
        state = create("resnet18", channels=3, image_size=8).state_dict()
        torch.save(state | {"fc.weight": torch.rand(9, 512)}, tmp_path / "resnet18.pth")
        return tmp_path / "resnet18.pth"

    def test_from_a_pth_to_a_study(self, cli, run, data: Path, pth: Path):
        converted = cli("convert", pth, "--model", "resnet18")
        assert converted.code == 0
        assert "left out the classifier, which no embedding needs: fc.weight" in converted.err
        made = pth.with_name("resnet18-backbone.safetensors")
        assert str(made) in converted.out
        assert run(data, "model.name=resnet18", f"model.weights={made}", "train.lr=1e-9").code == 0
        original = torch.load(pth, weights_only=True)["layer4.1.conv2.weight"]
        for arm in ("standard", "nearest"):
            tensors = load_file(pth.parent / "studies" / "out" / "arms" / arm / "model.safetensors")
            assert torch.allclose(tensors["backbone.layer4.1.conv2.weight"], original, atol=1e-6)
            assert torch.allclose(tensors["mean"], torch.tensor(IMAGENET[0]))

    @pytest.mark.parametrize(("name", "code"), [("resnet18", 0), ("resnet34", 2), ("resnet50", 2)])
    def test_a_process_of_its_own_knows_the_networks(self, tmp_path: Path, name: str, code: int):
        state = create("resnet18", channels=3, image_size=8).state_dict() if code == 0 else {"vit.cls": torch.zeros(2)}
        torch.save({"net": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "a.pth")
        command = [sys.executable, "-m", "core", "convert", str(tmp_path / "a.pth"), "--model", name]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPO)
        assert done.returncode == code
        assert ("net.module." if code == 0 else "holds no weights of this network") in done.stderr
        assert "Warning" not in done.stderr

    def test_what_cannot_be_converted_or_used(self, cli, run, data: Path, pth: Path, tmp_path: Path):
        refused(cli("convert", pth, "--model", "resnet34"), "lacks")
        refused(cli("convert", pth, "--model", "vgg"), 'not for "vgg"')
        refused(cli("convert", tmp_path / "absent.pth", "--model", "resnet18"), "absent.pth is missing")
        (tmp_path / "text.pth").write_text("no weights")
        refused(cli("convert", tmp_path / "text.pth", "--model", "resnet18"), "text.pth")
        resnet = ("model.name=resnet18", "data.image_size=80")
        refused(run(data, *resnet, f"model.weights={pth}"), "make a safetensors file of it first: python -m core")
        refused(run(data, *resnet, "model.weights=absent.safetensors"), "absent.safetensors is missing")
