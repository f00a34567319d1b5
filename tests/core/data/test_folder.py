"""Folders and zips: layouts that are understood, and everything that is refused."""

import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.common.errors import DataError, shown
from core.data import check, files, load
from core.recipe.data import DataConfig

OMNIGLOT = Path(__file__).parents[4] / "shared/data/omniglot"


def config(path: object, **options: object) -> DataConfig:
    return DataConfig(source="folder", path=str(path), **options)


def test_classes(store):
    path = store({f"{name}/{i}.png": i for name in ("cat", "dog") for i in range(4)})
    dataset = load(config(path), seed=0)
    assert list(dataset.items.columns) == ["id", "path", "label", "split", "digest"]
    assert dataset.items["label"].tolist() == ["cat"] * 4 + ["dog"] * 4
    assert dataset.items["id"].tolist() == list(range(8))
    shades = dataset.images.pixels(np.arange(8), size=10, channels=1)[:, 0, 0, 0]
    assert shades.tolist() == [0, 1, 2, 3] * 2
    assert check(config(path)).empty


def test_modes_of_the_same_name_are_told_apart(store):
    path = store({f"{c}/{m}/{i}.png": i for c in ("a", "b") for m in ("x", "y") for i in range(3)})
    items = load(config(path), seed=0).items
    assert set(zip(items["label"], items["sublabel"], strict=True)) == {
        *(("a", "a/x"), ("a", "a/y")),
        *(("b", "b/x"), ("b", "b/y")),
    }
    assert (items.groupby("sublabel")["split"].nunique() == 2).all()


def test_modes_of_different_names_keep_them(store):
    path = store({f"{c}/{c}{m}/{i}.png": i for c in "ab" for m in "xy" for i in range(3)})
    assert set(load(config(path), seed=0).items["sublabel"]) == {"ax", "ay", "bx", "by"}


@pytest.mark.parametrize("wrapper", ["w/", "w/v/"])
def test_wrapping_folders_are_looked_through(store, wrapper):
    path = store({f"{wrapper}{c}/{i}.png": i for c in "ab" for i in range(3)})
    items = load(config(path), seed=0).items
    assert set(items["label"]) == {"a", "b"}
    assert "sublabel" not in items


def test_train_and_test_folders_give_the_split(store):
    path = store({f"w/{part}/{c}/{i}.png": i for part in ("train", "Val") for c in "ab" for i in range(3)})
    items = load(config(path), seed=0).items
    assert set(items["label"]) == {"a", "b"}
    assert items["split"].tolist() == ["test"] * 6 + ["train"] * 6


def test_hidden_files_and_junk_are_ignored(store):
    images = {f"{c}/{i}.png": i for c in "ab" for i in range(3)}
    junk = ("__MACOSX/a/._0.png", ".DS_Store", "a/.hidden.png", ".git/x.png", "a/Thumbs.db", "b/desktop.ini")
    path = store({**images, **dict.fromkeys(junk, b"junk")})
    assert len(load(config(path), seed=0).items) == 6
    assert check(config(path)).empty


def test_files_that_are_no_images_by_name_are_skipped_with_a_warning(store):
    path = store({**{f"{c}/{i}.PNG": i for c in "ab" for i in range(3)}, "README.txt": b"hello"})
    assert len(load(config(path), seed=0).items) == 6
    found = check(config(path))
    assert found[["where", "severity"]].to_numpy().tolist() == [["README.txt", "warning"]]


GOOD = {f"{c}/{i}.png": i for c in "ab" for i in range(3)}
BAD = {
    "one image in a class": ({**GOOD, "c/0.png": 1}, r"a class has a single item \(1: c\); add"),
    "one class": ({"a/0.png": 1, "a/1.png": 2}, "fewer than two classes"),
    "no images": ({"a/x.txt": b"hello"}, "contains no images; arrange the images as"),
    "no class folder": ({**GOOD, "x.png": 1}, r"1 images are in no class folder \(x.png\)"),
    "too deep": ({**GOOD, "c/d/e/x.png": 1}, r"below more than two folders \(c/d/e/x.png\)"),
    "mixed depth": ({**GOOD, "c/d/x.png": 1}, r"1 are 2 deep: c/d/x.png"),
    "empty files": (
        {**GOOD, **{f"a/{i}x.png": b"" for i in range(5)}},
        r"an image file is empty \(5: a/0x.png, a/1x.png, a/2x.png, ...\); export",
    ),
    "no image inside": (
        {**GOOD, "a/x.png": b"hello"},
        r"not an image in a known format, or is cut short \(1: a/x.png\)",
    ),
    "several faults": (
        {**GOOD, "a/x.png": b"hello", "b/y.png": b"", "b/z.png": b""},
        r"cut short \(1: a/x.png\).*and 2 other problems: see `python -m core data check`",
    ),
    "long name": ({**GOOD, "x" * 201 + "/0.png": 1}, r"longer than 200 characters \(1: x+\.\.\.x+/0.png\)"),
    "line break": ({**GOOD, "a/x\ny.png": 1}, r"characters that cannot be shown \(1: a/x\ufffdy.png\)"),
    "reversed": ({**GOOD, "a\u202eb/y.png": 1}, "characters that cannot be shown"),
}


@pytest.mark.parametrize(("tree", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_refused(store, tree, message):
    path = store(tree)
    with pytest.raises(DataError, match=message) as refused:
        load(config(path), seed=0)
    assert shown(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    found = check(config(path))
    assert (found["severity"] == "error").any()


def test_names_of_any_kind_are_kept(store):
    names = ["🦊 fox", "<b onclick=alert(1)>", "nan", "猫", "3", "👩\u200d🔬"]
    path = store({f"{name}/{i}.png": i for name in names for i in range(3)})
    assert set(load(config(path), seed=0).items["label"]) == set(names)


def test_two_spellings_of_an_accent_are_one_class(store):
    composed, split = "caf\u00e9", "cafe\u0301"
    path = store({f"{composed}/0.png": 1, f"{split}/1.png": 2, **{f"tea/{i}.png": i for i in range(3)}})
    assert set(load(config(path), seed=0).items["label"]) == {composed, "tea"}


def test_check_reads_every_picture_and_lists_all_faults(store):
    path = store({**GOOD, "a/x.png": b"hello", "b/y.png": b"", "c/0.png": 1})
    found = check(config(path))
    assert list(found.columns) == ["where", "severity", "problem", "remedy"]
    assert set(found["where"]) == {"a/x.png", "b/y.png", "c"}
    assert (found["severity"] == "error").all()


def test_a_truncated_picture_is_found_by_check(store, noise_png):
    path = store({**GOOD, "a/cut.png": noise_png[: len(noise_png) // 2]})
    found = check(config(path))
    assert found["where"].tolist() == ["a/cut.png"]
    assert "cut short" in found["problem"][0]


@pytest.mark.parametrize("path", ["none", "none.zip"])
def test_a_missing_path(tmp_path, path):
    with pytest.raises(DataError, match=r"does not exist; give a folder or a \.zip"):
        load(config(tmp_path / path), seed=0)


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="contains no images"):
        load(config(tmp_path), seed=0)
    assert check(config(tmp_path))["severity"].tolist() == ["error"]


def test_an_unreadable_folder(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"a cannot be read \(Permission denied\)"):
        load(config(tmp_path), seed=0)


def test_links(tmp_path, store):
    root = Path(store(GOOD))
    if root.suffix == ".zip":
        with zipfile.ZipFile(root, "a") as archive:
            link = zipfile.ZipInfo("a/link.png")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, "/etc/passwd")
        with pytest.raises(DataError, match=r"a file is a link \(1: a/link.png\)"):
            load(config(root), seed=0)
        return
    (root / "a/inside.png").symlink_to(root / "a/0.png")
    assert len(load(config(root), seed=0).items) == 7
    outside = tmp_path / "secret.png"
    outside.write_bytes((root / "a/0.png").read_bytes())
    (root / "b/outside.png").symlink_to(outside)
    with pytest.raises(DataError, match=r"leads outside the data folder \(1: b/outside.png\)"):
        load(config(root), seed=0)
    (root / "b/outside.png").unlink()
    (root / "linked").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"a folder is a link \(1: linked\)"):
        load(config(root), seed=0)


def test_a_link_made_after_loading_is_not_followed(tmp_path, noise_png):
    root = tmp_path / "data"
    for name in GOOD:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(noise_png)
    dataset = load(config(root), seed=0)
    (tmp_path / "secret.png").write_bytes((root / "a/0.png").read_bytes())
    (root / "a/0.png").unlink()
    (root / "a/0.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match="leads outside the data folder"):
        dataset.images.picture(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text(tmp_path):
    for name in (b"a/0.png", b"a/1.png", b"b/0.png", b"b/\xff.png"):
        target = os.path.join(os.fsencode(tmp_path), name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(os.fsdecode(target)).write_bytes(b"x")
    with pytest.raises(DataError, match=r"cannot be shown \(1: b/\ufffd.png\)"):
        load(config(tmp_path), seed=0)


@pytest.fixture
def zipped(tmp_path, noise_png) -> Path:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for name in GOOD:
            archive.writestr(name, noise_png)
    return tmp_path / "data.zip"


def test_a_corrupted_zip(zipped):
    data = bytearray(zipped.read_bytes())
    for wrong in (b"hello", b"", bytes(data[: len(data) // 2])):
        zipped.write_bytes(wrong)
        with pytest.raises(DataError, match="cannot be read as a zip"):
            load(config(zipped), seed=0)


def test_a_damaged_member(zipped):
    data = bytearray(zipped.read_bytes())
    data[2000] ^= 0xFF
    zipped.write_bytes(data)
    found = check(config(zipped))
    assert found["where"].tolist() == ["a/0.png"]
    assert "damaged" in found["problem"][0]


def test_an_encrypted_zip(zipped):
    data = zipped.read_bytes()
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data = data[:at] + bytes([data[at] | 1]) + data[at + 1 :]
    zipped.write_bytes(data)
    with pytest.raises(DataError, match=r"a file is encrypted \(1: a/0.png\); make the zip again without"):
        load(config(zipped), seed=0)


def test_a_zip_with_backslashes(tmp_path, noise_png):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for name in GOOD:
            archive.writestr("set\\" + name.replace("/", "\\"), noise_png)
    dataset = load(config(tmp_path / "data.zip"), seed=0)
    assert dataset.items["path"].tolist() == [f"set/{name}" for name in sorted(GOOD)]
    assert dataset.images.picture(0).size == (64, 64)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_backslash_in_a_files_name(tmp_path, noise_png):
    for name in (*GOOD, "a/x\\y.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(noise_png)
    with pytest.raises(DataError, match="name has a backslash"):
        load(config(tmp_path), seed=0)


@pytest.mark.parametrize("name", ["../a/x.png", "/a/x.png", "a/../../x.png", "..\\x.png", "C:\\x.png"])
def test_a_zip_that_reaches_outside(zipped, noise_png, name):
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.writestr(name, noise_png)
    with pytest.raises(DataError, match="leads outside the data folder"):
        load(config(zipped), seed=0)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_the_same_path_twice(zipped, noise_png):
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.writestr("a/0.png", noise_png)
    with pytest.raises(DataError, match=r"a path occurs twice \(1: a/0.png\)"):
        load(config(zipped), seed=0)


def test_a_bomb_inside_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in GOOD:
            archive.writestr(name, bytes(33 * 2**20))
    assert (tmp_path / "data.zip").stat().st_size < 1_000_000
    with pytest.raises(DataError, match="larger than 32 MiB"):
        load(config(tmp_path / "data.zip"), seed=0)


def test_compression_without_a_bound_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_BZIP2) as archive:
        for name in GOOD:
            archive.writestr(name, b"x")
    with pytest.raises(DataError, match="neither store nor deflate"):
        load(config(tmp_path / "data.zip"), seed=0)


@pytest.mark.parametrize("limit", ["MAX_ZIP_MEMBERS", "MAX_ZIP_BYTES"])
def test_a_zip_that_holds_too_much(zipped, monkeypatch, limit):
    monkeypatch.setattr(files, limit, 5)
    with pytest.raises(DataError, match="holds more than"):
        load(config(zipped), seed=0)


def test_label_options_are_refused(tmp_path):
    with pytest.raises(DataError, match=r'data.label = "parity" is unknown for folder; leave it out'):
        load(config(tmp_path, label="parity"), seed=0)


def omniglot_like(alphabets: int = 5, letters: int = 4, drawings: int = 3) -> dict[str, bytes | int]:
    return {
        f"images_background/A{a}/character{c:02}/{a}{c}_{d}.png": a * 40 + c * 10 + d
        for a in range(alphabets)
        for c in range(letters)
        for d in range(drawings)
    }


def test_the_layout_of_omniglot(store):
    items = load(config(store(omniglot_like())), seed=0).items
    assert items.groupby("label")["sublabel"].nunique().to_dict() == {f"A{a}": 4 for a in range(5)}
    assert items.groupby(["sublabel", "split"]).size().unstack().to_numpy().tolist() == [[1, 2]] * 20
    held_out = load(config(store(omniglot_like()), split="classes"), seed=0).items
    assert held_out.groupby("split")["label"].unique().map(list).to_dict() == {
        "test": ["A3", "A4"],
        "train": ["A0", "A1", "A2"],
    }


@pytest.mark.skipif(not OMNIGLOT.is_dir(), reason="the real Omniglot sets do not lie in ../shared/data/omniglot")
@pytest.mark.parametrize(("name", "n", "letters"), [("small1", 2720, 136), ("small2", 3120, 156)])
def test_omniglot(name, n, letters):
    dataset = load(config(OMNIGLOT / f"images_background_{name}.zip"), seed=0)
    items = dataset.items
    assert (len(items), items["label"].nunique(), items["sublabel"].nunique()) == (n, 5, letters)
    assert (items.groupby(["sublabel", "split"]).size().unstack() == [6, 14]).all(axis=None)
    rows = np.arange(0, n, 100)
    assert set(np.unique(dataset.images.pixels(rows, size=105, channels=1))) == {0, 255}
    assert dataset.images.pixels(rows, size=32, channels=1).mean() > 200
