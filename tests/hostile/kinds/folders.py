"""Folders of pictures: splits, depth, links, rings, names of every script, hidden and empty folders, long paths."""

import os
import unicodedata
from pathlib import Path

import numpy as np
from numpy.random import Generator

from tests.hostile.case import Case, Outcome
from tests.hostile.drawn import text
from tests.hostile.judging import problems
from tests.hostile.samples import checked, loaded_classes, picture, write_pictures

NAMES = (
    *(
        "a b",
        " a",
        "a ",
        "-a",
        "--help",
        "a,b",
        "a;b",
        "a'b",
        'a"b',
        "a&b",
        "#a",
        "%20",
        "a?b",
        "a*b",
        "[a]",
        "{a}",
        "~",
    ),
    *(
        "Zürich",
        "e\u0301",
        "日本語",
        "🦊",
        "👩‍🔬",
        "مرحبا",
        "\u202eabc",
        "a\tb",
        "a\nb",
        "\x1b[31m",
        "a\u2028b",
        "ǅ",
        "İ",
        "ß",
    ),
    *(
        "nan",
        "None",
        "null",
        "0",
        "007",
        "1.0",
        "1e5",
        "con",
        "nul",
        "x" * 100,
        "x" * 250,
        "é" * 120,
        ".x",
        "a.png",
        "$(id)",
    ),
)
SPLITS = (
    *(("train", "test"), ("Train", "Test"), ("training", "testing"), ("TRAINING", "VALIDATION"), ("train", "val")),
    *(
        ("train_set", "test_set"),
        ("trn", "tst"),
        ("images_train", "images_test"),
        ("train ", "test "),
        ("train", "dev"),
    ),
    *(("1_train", "2_test"), ("seg_train", "seg_test"), ("train-images", "test-images"), ("Train", "Valid")),
)


def _case(
    rng: Generator, folder: Path, spec: str = "data", counts: dict[str, int] | None = None, must: str = ""
) -> Case:
    return Case(checked(spec), must=must, check=loaded_classes(spec, counts) if counts else lambda outcome: "")


def _split_or_said(outcome: Outcome) -> str:
    """Half of each of ash and birch is for training and half for testing, and there are no modes; or it is said."""
    from core.authoring.dataset_check import data_config
    from core.data import load

    if problems(outcome):
        return ""
    items = load(data_config("data"), seed=0).items
    found = items.groupby(["label", "split"]).size().to_dict()
    wanted = {(name, split): 4 for name in ("ash", "birch") for split in ("train", "test")}
    return "" if found == wanted and "sublabel" not in items else f"items are {found}, with columns {[*items]}"


def plain(rng: Generator, folder: Path) -> Case:
    """class/picture, below outer folders that hold everything."""
    outer = "/".join(["outer"] * int(rng.integers(0, 4)))
    write_pictures(folder / "data" / outer, rng, ("a", "b", "c"))
    return _case(rng, folder, counts={"a": 4, "b": 4, "c": 4}, must="accept")


def class_names(rng: Generator, folder: Path) -> Case:
    """Classes with names that shells, tables and terminals stumble over."""
    chosen = [str(name) for name in rng.choice(np.array(NAMES, dtype=object), 2, replace=False)]
    write_pictures(folder / "data", rng, [*chosen, "plain", "other"])
    return _case(rng, folder)


def picture_names(rng: Generator, folder: Path) -> Case:
    """Pictures with such names."""
    write_pictures(folder / "data", rng)
    for name in rng.choice(np.array(NAMES, dtype=object), 4, replace=False):
        picture(rng).save(folder / "data" / "a" / f"{str(name)[:80]}.png")
    return _case(rng, folder)


def drawn_names(rng: Generator, folder: Path) -> Case:
    """Any names that a file system takes."""
    names = [name.replace("/", "").replace("\0", "")[:40] or "x" for name in text(rng, 3)]
    names = [name if name not in {".", ".."} else "x" for name in names]
    write_pictures(folder / "data", rng, [*dict.fromkeys(names), "plain", "other"])
    return _case(rng, folder)


def bytes_as_names(rng: Generator, folder: Path) -> Case:
    """Names that are no UTF-8."""
    write_pictures(folder / "data", rng)
    name = rng.bytes(6).replace(b"/", b"x").replace(b"\0", b"x") + b"\xff"
    base = os.fsencode(folder / "data")
    os.rename(base + b"/a/0.png", base + b"/a/" + name + b".png")
    if rng.random() < 0.5:
        os.rename(base + b"/a", base + b"/" + name)
    return _case(rng, folder)


def same_but_for(rng: Generator, folder: Path) -> Case:
    """Classes whose names differ in case or in the form of an accent."""
    first, second = [("Cat", "cat"), ("é", "e\u0301"), ("ß", "ss"), ("a", "a "), ("K", "\u212a")][int(rng.integers(5))]
    write_pictures(folder / "data", rng, (first, second, "other"))
    return _case(rng, folder)


def splits(rng: Generator, folder: Path) -> Case:
    """Outer folders that name a split in one of many ways: the classes are what lies below, or it is said."""
    train, test = SPLITS[int(rng.integers(len(SPLITS)))]
    for name in (train, test):
        write_pictures(folder / "data" / name, rng, ("ash", "birch"))

    return Case(checked("data"), check=_split_or_said)


def split_inside_classes(rng: Generator, folder: Path) -> Case:
    """class/train/picture and class/test/picture: train is no mode of the class."""
    train, test = SPLITS[int(rng.integers(len(SPLITS)))]
    for name in ("ash", "birch"):
        write_pictures(folder / "data" / name, rng, (train, test))
    return Case(checked("data"), check=_split_or_said)


def uneven_depth(rng: Generator, folder: Path) -> Case:
    """Pictures at different depths."""
    write_pictures(folder / "data", rng)
    deep = folder / "data" / "a" / "/".join(f"d{i}" for i in range(int(rng.integers(1, 40))))
    deep.mkdir(parents=True)
    picture(rng).save(deep / "x.png")
    if rng.random() < 0.5:
        picture(rng).save(folder / "data" / "top.png")
    return _case(rng, folder, must="refuse")


def links(rng: Generator, folder: Path) -> Case:
    """Links to pictures and folders inside and outside, and rings of them."""
    write_pictures(folder / "data", rng)
    picture(rng).save(folder / "outside.png")
    link = folder / "data" / "a" / "link.png"
    kind = str(rng.choice(["inside", "outside", "absolute", "ring", "folder ring", "up", "device"]))
    target = {
        "inside": "../b/0.png",
        "outside": "../../outside.png",
        "absolute": str(folder / "data/b/0.png"),
        "ring": "link.png",
    }
    if kind in target:
        link.symlink_to(target[kind])
    elif kind == "device":
        link.symlink_to("/proc/self/mem")
    else:
        (folder / "data" / "a" / "loop").symlink_to("." if kind == "folder ring" else "../..")
    return _case(rng, folder, must="accept" if kind in {"inside", "absolute"} else "refuse")


def through_a_link(rng: Generator, folder: Path) -> Case:
    """The data folder itself is a link, or lies behind one: nothing leaves it."""
    write_pictures(folder / "real" / "data", rng)
    (folder / "linked").symlink_to("real")
    (folder / "direct").symlink_to("real/data")
    spec = str(rng.choice(["linked/data", "direct", "./linked/../real/data", "real/data/", "linked//data"]))
    return _case(rng, folder, spec, {"a": 4, "b": 4}, must="accept")


def table_through_a_link(rng: Generator, folder: Path) -> Case:
    """A table with absolute paths, real or linked, opened through the other."""
    paths = write_pictures(folder / "real", rng)
    (folder / "linked").symlink_to("real")
    written, opened = rng.permutation(["real", "linked"])
    rows = [f"{folder / str(written) / path},{path[0]}" for path in paths]
    (folder / "real" / "t.csv").write_text("\n".join(["path,label", *rows]))
    spec = f"{opened}/t.csv"
    return _case(rng, folder, spec, {"a": 4, "b": 4}, must="accept")


def hidden_and_empty(rng: Generator, folder: Path) -> Case:
    """Folders that are hidden, empty, or made by an operating system: no classes."""
    write_pictures(folder / "data", rng)
    write_pictures(folder / "data", rng, [str(rng.choice([".ipynb_checkpoints", "__MACOSX", "@eaDir", ".git"]))])
    (folder / "data" / "empty").mkdir()
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "a/._0.png"):
        (folder / "data" / name).write_bytes(b"x")
    return _case(rng, folder, counts={"a": 4, "b": 4}, must="accept")


def other_files(rng: Generator, folder: Path) -> Case:
    """Files beside the pictures: said, and not used."""
    write_pictures(folder / "data", rng)
    for name in ("README", "labels.csv", "a/notes.txt", "b/model.pt", "a/x.png.part", "b/archive.zip"):
        (folder / "data" / name).write_bytes(rng.bytes(50))
    return _case(rng, folder, counts={"a": 4, "b": 4}, must="accept")


def nothing(rng: Generator, folder: Path) -> Case:
    """No folder, no pictures, no classes."""
    data = folder / "data"
    kind = str(rng.choice(["missing", "empty", "no pictures", "one class", "flat", "file", "single item"]))
    if kind != "missing" and kind != "file":
        data.mkdir()
    if kind == "file":
        data.write_bytes(b"x")
    elif kind == "no pictures":
        (data / "a").mkdir()
        (data / "a" / "x.txt").touch()
    elif kind == "one class":
        write_pictures(data, rng, ("a",))
    elif kind == "flat":
        picture(rng).save(data / "x.png")
    elif kind == "single item":
        write_pictures(data, rng, ("a", "b"), 1)
    return _case(rng, folder, must="refuse")


def long_paths(rng: Generator, folder: Path) -> Case:
    """A path of thousands of letters, as an argument or below the folder."""
    if rng.random() < 0.5:
        return _case(rng, folder, "x/" * int(rng.integers(500, 2500)) + "y" * int(rng.choice([1, 300])), must="refuse")
    write_pictures(folder / "data", rng)
    here = os.getcwd()
    try:
        os.chdir(folder / "data")
        for _ in range(int(rng.choice([18, 25]))):  # PATH_MAX holds for one path, not for a folder's depth
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        picture(rng).save("x.png")
    finally:
        os.chdir(here)
    return _case(rng, folder, must="refuse")


def many(rng: Generator, folder: Path) -> Case:
    """Thousands of classes or of empty folders."""
    write_pictures(folder / "data", rng)
    for i in range(int(rng.choice([100, 3000]))):
        (folder / "data" / f"empty{i}").mkdir()
    return _case(rng, folder, counts={"a": 4, "b": 4}, must="accept")


def copies(rng: Generator, folder: Path) -> Case:
    """The same pictures in train and in test, which makes any figure too good: it is said."""
    write_pictures(folder / "data" / "train", rng)
    for path in sorted((folder / "data" / "train").rglob("*.png")):
        copy = folder / "data" / "test" / path.relative_to(folder / "data" / "train")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.with_stem(f"copy-{path.stem}").write_bytes(path.read_bytes())

    def check(outcome: object) -> str:
        return "" if problems(outcome) else "nothing is said"

    return Case(checked("data"), check=check)


def normal_forms(rng: Generator, folder: Path) -> Case:
    """A table names pictures in another normal form of Unicode than the disk does, as after a copy from a Mac."""
    paths = write_pictures(folder, rng, ("é", "ü"))
    form = str(rng.choice(["NFC", "NFD"]))
    rows = [f"{unicodedata.normalize(form, path)},{path[0]}" for path in paths]
    (folder / "t.csv").write_text("\n".join(["path,label", *rows]))
    return Case(checked("t.csv"))


MAKERS = (
    plain,
    class_names,
    picture_names,
    drawn_names,
    bytes_as_names,
    same_but_for,
    splits,
    split_inside_classes,
    uneven_depth,
    links,
    through_a_link,
    table_through_a_link,
    hidden_and_empty,
    other_files,
    nothing,
    long_paths,
    many,
    copies,
    normal_forms,
)
