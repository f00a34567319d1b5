"""Tables of items: dialects, odd cells, odd headers, odd Parquet types, files that are no tables."""

import gzip
import io
import os
import socket
import string
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged, text
from tests.hostile.samples import CLASSES, EACH, checked, import_of_table, imported, labels, vectors

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1251")
DELIMITERS = (",", ";", "\t", "|", ":", " ", ",,")
HEADERS = ("label", "Label", "LABEL", " label ", '"label"', "labels", "class", "target", "y", "category", "﻿label")
ODD_NAMES = (
    *(
        "nan",
        "NaN",
        "NA",
        "None",
        "null",
        "",
        " ",
        "inf",
        "-",
        "0",
        "007",
        "1e5",
        "1.0",
        "0x1F",
        "True",
        "3,5",
        "1_000",
    ),
    *("Zürich", "čeština", "e\u0301", "\u00e9", "日本", "🦊", "a\u200db", "\u202eabc", "a\tb", "=1+1", "@x", "'; drop"),
    *("<b>x</b>", "a/b", "a\\b", "../up", "a b", "a  b", ".", "..", "con", "x" * 90, "x" * 5000, "[red]x[/red]"),
    *("a\x00b", "\x1b[31mred", "a\u2028b", "ſ", "ß", "İ", "2024-01-01", "1/2", "12:30", "#hash", "%s", "{x}", "$(id)"),
)


def dialect(rng: Generator, folder: Path) -> Case:
    """Another delimiter, encoding, line end, quoting or column order."""
    delimiter, encoding = rng.choice(DELIMITERS), rng.choice(ENCODINGS)
    line_end = rng.choice(["\n", "\r\n", "\r", "\n\n"])
    columns = ["label", "path", "note"]
    rng.shuffle(columns)
    cells = {"label": labels(), "path": [f"img/{i}.png" for i in range(24)], "note": [f"é{i}" for i in range(24)]}
    quote = '"' if rng.random() < 0.3 else ""
    rows = [columns, *zip(*(cells[name] for name in columns), strict=True)]
    written = line_end.join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    (folder / "items.csv").write_bytes(written.encode(encoding, errors="replace"))
    plain = delimiter == "," and encoding.startswith("utf-8")
    return import_of_table(folder, rng, labels(), must="accept" if plain else "")


def header(rng: Generator, folder: Path) -> Case:
    """The column of classes has another name, or there are two."""
    names = list(rng.choice(HEADERS, rng.integers(1, 3)))
    pair = len(names) == 2 and names[0] != names[1]
    rows = [",".join([*names, "n"])] + [",".join([name] * len(names) + [str(i)]) for i, name in enumerate(labels())]
    (folder / "items.csv").write_text("\n".join(rows))
    return import_of_table(
        folder, rng, labels(), must="accept" if "label" in names and not pair and len(names) == 1 else ""
    )


def contradicting_header(rng: Generator, folder: Path) -> Case:
    """Two columns of the same name say different classes: nobody can know which is meant."""
    first = str(rng.choice(["label", " label", "label "]))
    rows = [f"{first},label,x"] + [f"{name},{name[::-1]},{i}" for i, name in enumerate(labels())]
    (folder / "items.csv").write_text("\n".join(rows))
    return import_of_table(folder, rng, labels(), must="refuse")


def ragged(rng: Generator, folder: Path) -> Case:
    """Some rows have more or fewer fields than the header."""
    rows = [f"{i}.png,{name},{i % 3}" for i, name in enumerate(labels())]
    where = rng.choice(24, size=rng.integers(1, 25), replace=False)
    change = rng.choice(["more", "fewer", "trailing", "front", "none"])
    for i in where:
        rows[i] = {
            "more": rows[i] + ",extra",
            "fewer": rows[i].partition(",")[0],
            "trailing": rows[i] + ",",
            "front": "a, " + rows[i],
            "none": rows[i] + "," * int(rng.integers(2, 900)),
        }[str(change)]
    (folder / "items.csv").write_text("\n".join(["path,label,k", *rows]))
    return import_of_table(folder, rng, labels(), must="refuse" if change in {"fewer", "front"} and len(where) else "")


def odd_class_names(rng: Generator, folder: Path) -> Case:
    """Classes with names that are easily taken for something else."""
    chosen = [str(name) for name in rng.choice(np.array(ODD_NAMES, dtype=object), 3, replace=False)]
    names = [name for name in chosen for _ in range(EACH)]
    frame = pd.DataFrame({"label": names})
    if rng.random() < 0.5:
        frame.to_csv(folder / "items.csv", index=False, quoting=int(rng.integers(0, 2)))
        return import_of_table(folder, rng, names)
    frame.to_parquet(folder / "items.parquet", index=False)
    return import_of_table(folder, rng, names, argv=imported("items.parquet"))


def drawn_class_names(rng: Generator, folder: Path) -> Case:
    """Classes with any names at all."""
    names = [name for name in text(rng, 3) for _ in range(EACH)]
    pd.DataFrame({"label": names}).to_parquet(folder / "items.parquet", index=False)
    return import_of_table(folder, rng, names, argv=imported("items.parquet"))


def odd_other_column(rng: Generator, folder: Path) -> Case:
    """A split, role, mode or id that says something unexpected."""
    column = str(rng.choice(["split", "is_query", "is_gallery", "sublabel", "id", "path"]))
    values = [str(value) for value in rng.choice(np.array(ODD_NAMES, dtype=object), 2)]
    column_values = [*values, *rng.choice(["train", "test", "1", "0", "x"], 22)]
    pd.DataFrame({"label": labels(), column: column_values}).to_csv(folder / "items.csv", index=False)
    return import_of_table(folder, rng, labels())


def repeated_ids(rng: Generator, folder: Path) -> Case:
    """Ids that are the same after all: 1 and 1.0 and " 1"."""
    ids = [str(i) for i in range(24)]
    i, j = rng.choice(24, 2, replace=False)
    ids[j] = str(rng.choice([ids[i], f" {ids[i]}", f"{ids[i]} "]))
    pd.DataFrame({"label": labels(), "id": ids}).to_csv(folder / "items.csv", index=False)
    keyed = pd.DataFrame({"id": ids, "v": list(vectors(rng))})
    keyed.to_parquet(folder / "m.parquet", index=False)
    return Case(imported(matrix="m.parquet"), must="refuse")


def preamble(rng: Generator, folder: Path) -> Case:
    """Lines before the header, or after the last row, as spreadsheets and database tools write them."""
    rows = ["label,path", *(f"{name},{i}.png" for i, name in enumerate(labels()))]
    extra = str(
        rng.choice(
            ["# made by x", "sep=,", "", ",,", "Export of 2024-01-01", "label,path", "(24 rows)", "\x1a", "\x00"]
        )
    )
    rows.insert(0 if rng.random() < 0.5 else len(rows), extra)
    (folder / "items.csv").write_text("\n".join(rows))
    return import_of_table(folder, rng, labels())


def index_column(rng: Generator, folder: Path) -> Case:
    """As pandas writes tables by default."""
    pd.DataFrame({"label": labels(), "path": "x.png"}).to_csv(folder / "items.csv")
    return import_of_table(folder, rng, labels(), must="accept")


def quoted(rng: Generator, folder: Path) -> Case:
    """Commas, quotes and line ends inside quotes, beside the classes."""
    notes = [str(note) for note in rng.choice(["a, b", 'say "x"', "two\nlines", "", ",", '"'], 24)]
    pd.DataFrame({"note": notes, "label": labels()}).to_csv(folder / "items.csv", index=False)
    return import_of_table(folder, rng, labels(), must="accept")


def open_quote(rng: Generator, folder: Path) -> Case:
    """A quote that is never closed swallows rows."""
    rows = [f"{name},{i}" for i, name in enumerate(labels())]
    at = int(rng.integers(0, 24))
    rows[at] = f'"{rows[at]}'
    (folder / "items.csv").write_text("\n".join(["label,k", *rows]))
    return import_of_table(folder, rng, labels())


def huge(rng: Generator, folder: Path) -> Case:
    """A cell, a row of columns, or a header of megabytes."""
    shape = rng.choice(["cell", "columns", "header", "blank", "one line"])
    if shape == "cell":
        rows = ["label,note", *(f"{name},{'x' * 400_000}" for name in labels())]
    elif shape == "columns":
        rows = ["label" + ",c" * 20_000, *(name + ",1" * 20_000 for name in labels())]
    elif shape == "header":
        rows = ["label," + "h" * 5_000_000, *(f"{name},1" for name in labels())]
    elif shape == "blank":
        rows = ["label", *labels(), *[""] * 500_000]
    else:
        rows = ["label," + ",".join(labels()) * 20_000]
    (folder / "items.csv").write_text("\n".join(rows))
    return import_of_table(folder, rng, labels())


def no_table(rng: Generator, folder: Path) -> Case:
    """A file that is something else, whatever its suffix says."""
    suffix = str(rng.choice([".csv", ".parquet", ".CSV", ".txt", ".tsv", ".xlsx", ".json", ""]))
    name = f"items{suffix}"
    parquet = io.BytesIO()
    pd.DataFrame({"label": labels()}).to_parquet(parquet)
    contents = {
        "empty": b"",
        "header only": b"label,path\n",
        "one row": b"label\na\n",
        "noise": rng.bytes(5000),
        "zeros": bytes(5000),
        "parquet": parquet.getvalue(),
        "gzip": gzip.compress(b"label\n" + "\n".join(labels()).encode()),
        "zip": b"PK\x03\x04" + rng.bytes(300),
        "json": b'[{"label": "a"}]',
        "html": b"<html><table><tr><td>label</td></tr></table>",
        "magic": b"PAR1" + rng.bytes(200) + b"PAR1",
        "newlines": b"\n" * 1000,
        "no label": b"a,b\n1,2\n3,4\n",
    }
    (folder / name).write_bytes(contents[str(rng.choice(list(contents)))])
    return import_of_table(folder, rng, labels(), argv=imported(name))


def no_file(rng: Generator, folder: Path) -> Case:
    """A path that leads to no regular file."""
    path = folder / "items.csv"
    what = rng.choice(["missing", "folder", "fifo", "socket", "dangling", "ring", "long", "empty", "null byte"])
    name = {"long": "x" * 5000 + ".csv", "empty": "", "null byte": "a?.csv"}.get(str(what), "items.csv")
    if what == "folder":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "socket":
        here = os.getcwd()
        os.chdir(folder)
        socket.socket(socket.AF_UNIX).bind("items.csv")
        os.chdir(here)
    elif what == "dangling":
        path.symlink_to("nowhere.csv")
    elif what == "ring":
        path.symlink_to("items.csv")
    argv = imported(name) if rng.random() < 0.6 else checked(name)
    return import_of_table(folder, rng, labels(), argv=argv, must="refuse")


def damaged_csv(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted: rows that stay are read as they are now."""
    whole = pd.DataFrame({"label": labels(), "path": [f"{i}.png" for i in range(24)]}).to_csv(index=False)
    (folder / "items.csv").write_bytes(damaged(rng, whole.encode()))
    return import_of_table(folder, rng, labels(), check=lambda outcome: "")


def drawn_csv(rng: Generator, folder: Path) -> Case:
    """Any cells between any signs of structure."""
    alphabet = [*",;\t\"'\n\r| ", *string.ascii_letters[:4], "label", "path", "\ufeff", "nan", "é"]
    body = "".join(str(sign) for sign in rng.choice(np.array(alphabet, dtype=object), rng.integers(0, 300)))
    (folder / "items.csv").write_text(("label,path\n" if rng.random() < 0.5 else "") + body, newline="")
    return import_of_table(folder, rng, labels(), check=lambda outcome: "")


def modes_and_splits(rng: Generator, folder: Path) -> Case:
    """Everything is in one split, one class, or in classes of one item."""
    names = {"one": ["a"] * 24, "each": [f"c{i}" for i in range(24)], "usual": labels()}[
        str(rng.choice(["one", "each", "usual"]))
    ]
    frame = pd.DataFrame({"label": names, "split": rng.choice(["train", "test", "val"], 24)})
    if rng.random() < 0.5:
        frame["split"] = rng.choice(["train", "test", "Train ", "VALIDATION"])
    frame.to_csv(folder / "items.csv", index=False)
    return import_of_table(folder, rng, names)


def pictures_of_table(rng: Generator, folder: Path) -> Case:
    """`data check` of paths that lead nowhere, out of the folder or to no picture."""
    paths = [
        "../x.png",
        "/etc/passwd",
        "a.png",
        "a.PNG",
        "",
        "C:\\x.png",
        "img\\0.png",
        "~/x.png",
        "./a.png",
        "a.png/",
        "x" * 400,
    ]
    (folder / "a.png").write_bytes(b"no picture")
    rows = [f"{rng.choice(paths)},{CLASSES[i % 3]}" for i in range(12)]
    (folder / "items.csv").write_text("\n".join(["path,label", *rows]))
    return Case(checked("items.csv"), must="refuse")


MAKERS = (
    dialect,
    header,
    contradicting_header,
    ragged,
    odd_class_names,
    drawn_class_names,
    odd_other_column,
    repeated_ids,
    preamble,
    index_column,
    quoted,
    open_quote,
    huge,
    no_table,
    no_file,
    damaged_csv,
    drawn_csv,
    modes_and_splits,
    pictures_of_table,
)
