"""Text tables as programs and people write them: read as meant, or refused with the first line that is wrong."""

import contextlib
import csv
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.common.errors import DataError
from core.data.table import Table, open_table

ROWS = [("im/0.png", "cat"), ("im/1.png", "dog"), ("im/2.png", "a, b; c|d\te"), ("im/3.png", 'say "x"')]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',;|\t"\n') else cell


def opened(path: Path, content: bytes | str, /, **columns: str) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(path, columns, required=("label",))


def labels(path: Path, content: bytes | str, /, **columns: str) -> list[str]:
    return opened(path, content, **columns).rows()["label"].tolist()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


def refused(path: Path, content: bytes | str, /, *words: str, **columns: str) -> None:
    with pytest.raises(DataError) as error:
        labels(path, content, **columns)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) <= 300
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_dialect(path: Path, encoding: str, sign: str, end: str) -> None:
    lines = [("path", "label"), *((name, f"{label} é") for name, label in ROWS)]
    text = end.join(sign.join(map(quoted, line)) for line in lines) + end
    table = opened(path, text.encode(encoding))
    assert table.rows()["label"].tolist() == [f"{label} é" for _, label in ROWS]
    assert {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}[sign] in table.said
    assert encoding.upper().removesuffix("-SIG") in table.said


def test_western_text_is_read_and_doubted(path: Path) -> None:
    table = opened(path, "path;label\na;café\nb;Straße\n".encode("cp1252"))
    assert table.rows()["label"].tolist() == ["café", "Straße"]
    assert 'as in "café"' in table.problems[0].sentence


@pytest.mark.parametrize(
    "text",
    [
        "label\nсобака\nкот\n".encode("cp1251"),
        "label\n猫の写真\n".encode("shift_jis"),
        "label\n小狗\n".encode("gbk"),
        "label\na\n".encode("utf-16-le"),
        b"label\n\x81\n",
        bytes(range(256)),
    ],
)
def test_other_encodings_are_refused(path: Path, text: bytes) -> None:
    refused(path, text, "save it as UTF-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,label,caption\na,c0,a dog, running\nb,c1,x\n", ["row 1, on line 2, has 4 fields", "header has 3"]),
        ("path,label\na,c0\nb,c1\n\nc,c2,\n", ["row 3, on line 5, has 3 fields"]),
        ("path,label\na,c0,\nb,c1\n", ["row 2, on line 3, has 2 fields"]),
        ("path,label\na,c0,\nb,c1,x\n", ["row 2, on line 3"]),
        ("path,label\na\n", ["row 1, on line 2, has 1 field where the header has 2"]),
        ("label\na, b\n", ["has 2 fields where the header has 1"]),
        ("path,label\n1,a,c0\n2,b,c1\n", ["row 1, on line 2, has 3 fields"]),  # row names without a header
        ('path,label\n"a\nb",c0\nx,y,z\n', ["row 2, on line 4"]),
        ('path,label\n"a,c0\n', ["line 2"]),
        ('path,label\n"a"b,c0\n', ["line 2"]),
        ("", ["the file is empty"]),
        ("\n \n", ["no header"]),
        ("path,label\n", ["has no rows"]),
        ("label\n" + "x" * 5000, ["row 1 has more than 4,096 characters in the column label"]),
        ("label\n" + "x" * (1 << 21), ["longer than 1,048,576"]),
        ("label, label\na,b\n", ['2 columns called "label"']),
        ("label,id, id\na,b,c\n", ['2 columns called "id"']),
        ("label,is_query\na,1\n", ["only one of the columns"]),
        ("Image,Label\na,b\n", ["lacks the column label", "Image, Label", "--columns label=Label"]),
        ("Image;Class name\na;b\n", ["Image, Class name", "--columns label='Class name'"]),
        ("a,b,c\n1,2,3\n", ["its columns: a, b, c", "--columns label=NAME"]),
        (",".join(f"column{i}" for i in range(999)) + "\n", ["more"]),
        ("x" * 100_000 + "\na\n", ["lacks the column label"]),
    ],
)
def test_what_is_no_table_of_items(path: Path, text: str, words: list[str]) -> None:
    refused(path, text, *words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path,label\na,c0,\nb,c1,\n", ["c0", "c1"]),
        ("path,label,\na,c0,\nb,c1,\n", ["c0", "c1"]),
        ("path,label,\na,c0\nb,c1\n", ["c0", "c1"]),
        ("sep=;\npath;label\na;c0\n", ["c0"]),
        ("\n\npath,label\n\na,c0\n\n\nb,c1\n\n", ["c0", "c1"]),
        ("label\na\n\nb\n\n\n", ["a", "", "b"]),  # an empty cell between items is one; at the end, it is none
        (",label,x;y\n0,a;b,1\n", ["a;b"]),
        ('path, label\na, "b, c"\n', ["b, c"]),
        (
            "label\nnan\nNA\nNone\nnull\n1\n1.0\n01\n1e5\nTrue\n",
            ["nan", "NA", "None", "null", "1", "1.0", "01", "1e5", "True"],
        ),
    ],
)
def test_what_is_read_as_meant(path: Path, text: str, expected: list[str]) -> None:
    assert labels(path, text) == expected


def test_a_mapping_of_columns(path: Path) -> None:
    text = "Klasse,label,Datei\na,old,x\nb,old,y\n"
    assert labels(path, text, label="Klasse") == ["a", "b"]
    table = opened(path, text, label="Klasse", path="Datei")
    assert list(table.rows()) == ["path", "label"]
    assert "label from Klasse" in table.said
    assert "kept for people: label" in table.said
    refused(path, text, 'lacks the column "Class"', "Klasse, label, Datei", label="Class")
    refused(path, text, 'no column "klass"', klass="Klasse")
    refused(path, text, "two meanings", label="Klasse", sublabel="Klasse")


def test_columns_that_are_likely_meant_are_named(path: Path) -> None:
    table = opened(path, "label,Split,sub_label,colour\na,train,x,red\n")
    assert [problem.remedy for problem in table.problems] == ["--columns sublabel=sub_label", "--columns split=Split"]


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match=f"it is a {kind}, not a file"):
        open_table(path, {}, required=("label",))


def test_a_link_to_a_file_is_followed(tmp_path: Path, path: Path) -> None:
    path.write_text("label\na\n")
    (tmp_path / "link.csv").symlink_to(path)
    assert open_table(tmp_path / "link.csv", {}, required=("label",)).rows()["label"].tolist() == ["a"]


def test_a_path_too_long_for_the_disk(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        open_table(tmp_path / ("x" * 5000 + ".csv"), {}, required=("label",))
    assert len(str(error.value)) <= 300


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    st.lists(st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=5)] * 2), min_size=1)
)
def test_any_text_comes_back(path: Path, cells: list[tuple[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("path", "label"), *cells])
    assert labels(path, path.read_bytes()) == [label.strip() for _, label in cells]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_a_sentence(path: Path, content: bytes) -> None:
    for start in (b"", b"label,id\n", b"\xff\xfe", b"\xef\xbb\xbflabel\n"):
        with contextlib.suppress(DataError):
            labels(path, start + content)
