"""Arguments of commands: places to write to that are taken or no places, odd numbers, names and options."""

import os
import shutil
import socket
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.random import Generator
from PIL import Image

from tests.hostile.case import Case
from tests.hostile.drawn import draw
from tests.hostile.samples import imported, study_copy, write_items, write_matrix

PLACES = ("fifo", "socket", "folder", "dangling", "ring", "link to file", "file", "no folder", "file as folder", "long",
          "empty", "dot", "slash", "long path")  # fmt: skip
ODD = (
    "",
    " ",
    "-",
    "--",
    "nan",
    "0",
    "-1",
    "1e9",
    "9" * 30,
    "a,b",
    "[red]x",
    "\u202e",
    "é",
    "x" * 3000,
    "../x",
    "%s",
    "{}",
    "\n",
    "a\tb",
)


def place(rng: Generator, folder: Path, suffix: str = "") -> tuple[str, str]:
    """A path to write to, and what is there."""
    kind, name = str(rng.choice(PLACES)), f"o{suffix}"
    path = folder / name
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "socket":
            here = os.getcwd()
            os.chdir(folder)
            socket.socket(socket.AF_UNIX).bind(name)
            os.chdir(here)
        case "folder":
            path.mkdir()
            (path / "precious").write_bytes(b"precious")
        case "dangling":
            path.symlink_to("nowhere")
        case "ring":
            path.symlink_to(name)
        case "link to file":
            (folder / "precious").write_bytes(b"precious")
            path.symlink_to("precious")
        case "file":
            path.write_bytes(b"precious")
        case "no folder":
            name = f"no/such/{name}"
        case "file as folder":
            (folder / "file").write_bytes(b"precious")
            name = f"file/{name}"
        case "long":
            name = "x" * 300 + suffix
        case "empty":
            name = ""
        case "dot":
            name = "."
        case "slash":
            name = f"{name}/"
        case "long path":
            name = "x/" * 2500 + name
    return name, kind


def report_out(rng: Generator, folder: Path) -> Case:
    """A report may replace a file, and nothing else."""
    study_copy(folder)
    name, kind = place(rng, folder, ".html")
    if kind == "file":
        (folder / name).unlink()
    may = {"file", "no folder", "slash"}
    return Case(["report", "study", "--out", name], must="" if kind in may else "refuse")


def report_over_input(rng: Generator, folder: Path) -> Case:
    """A report whose file is a part of the study, or the study."""
    study_copy(folder)
    name = str(rng.choice(["study", "study/study.json", "study/items.parquet", "study/arms/nearest/embeddings.npy"]))
    return Case(["report", "study", "--out", name], must="refuse")


def import_out(rng: Generator, folder: Path) -> Case:
    """A study never replaces anything."""
    write_items(folder)
    write_matrix(folder, rng)
    name, kind = place(rng, folder)
    argv = [*imported()[:-1], name]
    return Case(argv, must="accept" if kind in {"no folder", "slash"} else "refuse")


def run_out(rng: Generator, folder: Path) -> Case:
    """Nor does a run's."""
    name, kind = place(rng, folder)
    if kind in {"no folder", "slash"}:  # a whole run is for other cases
        (folder / "o").mkdir()
        name = "o"
    sets = [word for text in ("train.epochs=1", "data.max_items=40") for word in ("--set", text)]
    resume = ["--resume"] if rng.random() < 0.5 else []
    return Case(["run", "digits-parity", *sets, *resume, "--out", name], must="refuse")


def over_a_study(rng: Generator, folder: Path) -> Case:
    """A study is there already, whole or damaged, or what another run left."""
    write_items(folder)
    write_matrix(folder, rng)
    match str(rng.choice(["study", "damaged", "empty", "hidden file"])):
        case "study":
            study_copy(folder, "out")
        case "damaged":
            (study_copy(folder, "out") / "study.json").unlink()
        case "empty":
            (folder / "out").mkdir()
        case "hidden file":
            (folder / ".out.unfinished").write_bytes(b"x")
            (folder / "out").write_bytes(b"x")
    return Case(imported(), must="refuse")


def read_only(rng: Generator, folder: Path) -> Case:
    """A folder that takes no new files."""
    study_copy(folder)
    write_items(folder)
    write_matrix(folder, rng)
    (folder / "closed").mkdir(mode=0o555)
    argv = [["report", "study", "--out", "closed/r.html"], [*imported()[:-1], "closed/out"]][int(rng.integers(2))]
    return Case(argv, must="refuse", unprivileged=True)


def numbers(rng: Generator, folder: Path) -> Case:
    """-k and --seed beyond their bounds, or no numbers."""
    Image.new("L", (8, 8), 90).save(folder / "q.png")
    value = str(rng.choice(["0", "-1", "1", "1000", "1001", "1e3", "x", "", "9" * 40, "1.5", "inf", " 3"]))
    if rng.random() < 0.5:
        study_copy(folder)
        return Case(["search", "study", "--image", "q.png", "-k", value, "--json"])
    write_items(folder)
    write_matrix(folder, rng)
    return Case([*imported(), "--seed", value])


def arms(rng: Generator, folder: Path) -> Case:
    """Arms of any name, twice, without a file, or called as the reference is."""
    write_items(folder)
    write_matrix(folder, rng)
    odd = [
        "m.npy",
        "=m.npy",
        "a=",
        "=",
        "A=m.npy",
        "a b=m.npy",
        "pixels=m.npy",
        "a=m.npy=x",
        "../x=m.npy",
        "a-=m.npy",
        "é=m.npy",
        "x" * 50 + "=m.npy",
    ]
    first, second = (str(rng.choice(np.array(odd, dtype=object))) for _ in range(2))
    argv = ["import", "--table", "items.csv", "--embeddings", first, "--out", "out"]
    if rng.random() < 0.5:
        argv += [str(rng.choice(["--reference", "--embeddings"])), second]
    return Case(argv)


def titles(rng: Generator, folder: Path) -> Case:
    """A title or a name of any text."""
    write_items(folder)
    write_matrix(folder, rng)
    title = draw(rng, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200), 1)[0]
    return Case([*imported(), f"--title={title}"], must="accept")


def gates(rng: Generator, folder: Path) -> Case:
    """--fail-on and --arm of any text."""
    study_copy(folder)
    odd = [
        "",
        "destroyed",
        "destroyed>",
        "destroyed>x",
        "x>1",
        "destroyed>-1",
        "destroyed>=1",
        "destroyed<1",
        ">" * 500,
    ]
    odd += [
        "destroyed>" + "9" * 30,
        "destroyed>99",
        " destroyed > 99 ",
        "too small>99",
        "DESTROYED>1",
        "a" * 3000,
        "[red]>1",
    ]
    if rng.random() < 0.6:
        return Case(["diagnose", "study", "--json", f"--fail-on={rng.choice(np.array(odd, dtype=object))}"])
    return Case(["diagnose", "study", "--json", f"--arm={rng.choice(np.array(ODD, dtype=object))}"], must="refuse")


def no_study(rng: Generator, folder: Path) -> Case:
    """A study that is none."""
    name = str(
        rng.choice(
            np.array(
                ["", ".", "nowhere", "file", "x" * 5000, "/", "a\nb", "[red]", "\u202e", "fifo", "study/study.json"],
                dtype=object,
            )
        )
    )
    (folder / "file").write_bytes(b"x")
    os.mkfifo(folder / "fifo")
    study_copy(folder)
    Image.new("L", (8, 8), 90).save(folder / "q.png")
    argvs = [["report", name, "--out", "r.html"], ["diagnose", name], ["search", name, "--image", "q.png"]]
    return Case(argvs[int(rng.integers(3))], must="refuse")


def unknown(rng: Generator, folder: Path) -> Case:
    """Commands, options and keys that there are not."""
    argvs = [
        ["nothing"],
        ["run"],
        ["import"],
        ["import", "--out", "o"],
        ["data"],
        ["data", "check"],
        ["keys", "no.such"],
    ]
    argvs += [
        ["run", "no-such-recipe", "--out", "o"],
        ["convert"],
        ["convert", "x.pth"],
        ["search", "s"],
        ["--nothing"],
    ]
    argvs += [
        ["run", "digits-parity", "--set", "train.epochs", "--out", "o"],
        ["data", "check", "digits-parity", "--set"],
    ]
    argvs += [
        ["keys", str(rng.choice(np.array(ODD, dtype=object)))],
        ["data", "check", "--json", str(rng.choice(np.array(ODD[4:], dtype=object)))],
    ]
    return Case(argvs[int(rng.integers(len(argvs)))])


def images_option(rng: Generator, folder: Path) -> Case:
    """--images that is no folder of pictures."""
    write_items(folder, path=[f"{i}.png" for i in range(24)])
    write_matrix(folder, rng)
    images = folder / "img"
    match str(rng.choice(["missing", "empty", "file", "fifo", "noise"])):
        case "empty":
            images.mkdir()
        case "file":
            images.write_bytes(b"x")
        case "fifo":
            os.mkfifo(images)
        case "noise":
            images.mkdir()
            for i in range(24):
                (images / f"{i}.png").write_bytes(rng.bytes(100))
    return Case([*imported(), "--images", "img"], must="refuse")


def same_input_twice(rng: Generator, folder: Path) -> Case:
    """The output inside the input, or the input as its own picture folder."""
    write_items(folder)
    write_matrix(folder, rng)
    shutil.copy(folder / "m.npy", folder / "n.npy")
    out = str(rng.choice(["items.csv", "m.npy", "items.csv/out", "m.npy/out"]))
    return Case([*imported()[:-1], out], must="refuse")


MAKERS = (
    report_out,
    import_out,
    report_over_input,
    run_out,
    over_a_study,
    read_only,
    numbers,
    arms,
    titles,
    gates,
    no_study,
    unknown,
    images_option,
    same_input_twice,
)
