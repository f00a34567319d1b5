"""Zips of pictures: paths that leave, bombs, backslashes, links, passwords, copies, zips in zips, damage."""

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged, text
from tests.hostile.samples import checked, loaded_classes, picture

COUNTS = {"a": 4, "b": 4}


def png(rng: Generator) -> bytes:
    buffer = io.BytesIO()
    picture(rng).save(buffer, "PNG")
    return buffer.getvalue()


def usual(rng: Generator, archive: zipfile.ZipFile, *, outer: str = "") -> None:
    """The members of a zip with nothing wrong."""
    for path in (f"{name}/{i}.png" for name in COUNTS for i in range(4)):
        archive.writestr(outer + path, png(rng))


def written(rng: Generator, path: Path, *more: tuple[str | zipfile.ZipInfo, bytes], **options: object) -> None:
    with zipfile.ZipFile(path, "w", **options) as archive:
        usual(rng, archive)
        for member, data in more:
            archive.writestr(member, data)


def sound(rng: Generator, folder: Path) -> Case:
    """Stored or deflated, below outer folders, with the files that systems add."""
    outer = "x/" * int(rng.integers(0, 4))
    with zipfile.ZipFile(folder / "d.zip", "w", int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        usual(rng, archive, outer=outer)
        archive.writestr("__MACOSX/a/._0.png", b"x")
        archive.writestr(f"{outer}.DS_Store", b"x")
        archive.mkdir(f"{outer}empty")
    return Case(checked("d.zip"), must="accept", check=loaded_classes("d.zip", COUNTS))


def slip(rng: Generator, folder: Path) -> Case:
    """Members that would be written elsewhere."""
    names = [
        "../x.png",
        "/etc/x.png",
        "a/../../x.png",
        "C:/x.png",
        "C:\\x.png",
        "..\\x.png",
        "a/./x.png",
        "//x/y.png",
        "~/x.png",
    ]
    name = names[int(rng.integers(len(names)))]
    written(rng, folder / "d.zip", (name, png(rng)))
    return Case(checked("d.zip"), must="" if name == "a/./x.png" else "refuse")


def backslashes(rng: Generator, folder: Path) -> Case:
    """As old Windows tools write them: read as folders, or refused for that reason."""
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        for name in COUNTS:
            for i in range(4):
                info = zipfile.ZipInfo("x")
                info.filename = f"{name}\\{i}.png"
                archive.writestr(info, png(rng))
    return Case(checked("d.zip"), check=loaded_classes("d.zip", COUNTS))


def bomb(rng: Generator, folder: Path) -> Case:
    """A member that is small in the zip and large outside of it."""
    with zipfile.ZipFile(folder / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        usual(rng, archive)
        with archive.open("a/bomb.png", "w", force_zip64=True) as file:
            file.write(b"\x89PNG\r\n\x1a\n" * bool(rng.integers(2)))
            for _ in range(int(rng.choice([300, 1200]))):
                file.write(bytes(1 << 20))
    return Case(checked("d.zip"), must="refuse")


def lying_sizes(rng: Generator, folder: Path) -> Case:
    """The directory says other sizes, checksums or places than the members have."""
    path = folder / "d.zip"
    written(rng, path, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    at = entry + int(rng.choice([16, 20, 24, 42, 10, 8, 28]))
    wide = at - entry not in {8, 10, 28}
    value = int(rng.choice([0, 1, 2**31, 2**32 - 1, 0xFFFE])) & (0xFFFFFFFF if wide else 0xFFFF)
    data[at : at + (4 if wide else 2)] = struct.pack("<I" if wide else "<H", value)
    path.write_bytes(data)
    return Case(checked("d.zip"))


def link(rng: Generator, folder: Path) -> Case:
    """A member that is a link, a pipe or a device."""
    info = zipfile.ZipInfo("a/link.png")
    info.create_system = 3
    kind = int(rng.choice([stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK]))
    info.external_attr = (kind | 0o777) << 16
    written(rng, folder / "d.zip", (info, b"/etc/passwd"))
    return Case(checked("d.zip"), must="refuse")


def password(rng: Generator, folder: Path) -> Case:
    """A member that says it is encrypted."""
    path = folder / "d.zip"
    written(rng, path)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + offset
        data[at] |= int(rng.choice([1, 0x41]))
    path.write_bytes(data)
    return Case(checked("d.zip"), must="refuse")


def methods(rng: Generator, folder: Path) -> Case:
    """Compressed by another method."""
    written(rng, folder / "d.zip", compression=int(rng.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])))
    return Case(checked("d.zip"), check=loaded_classes("d.zip", COUNTS))


def unknown_method(rng: Generator, folder: Path) -> Case:
    """Compressed by a method that Python does not know."""
    path = folder / "d.zip"
    written(rng, path)
    data = bytearray(path.read_bytes())
    method = struct.pack("<H", int(rng.choice([9, 14, 93, 95, 98, 99, 65535])))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(mark) + offset
        data[at : at + 2] = method
    path.write_bytes(data)
    return Case(checked("d.zip"), must="refuse")


def twice(rng: Generator, folder: Path) -> Case:
    """Two members of one name, or names that differ in case only."""
    name = str(rng.choice(["a/0.png", "A/0.png", "a/0.PNG", "a//0.png", "./a/0.png"]))
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        usual(rng, archive)
        info = zipfile.ZipInfo("x")
        info.filename = name
        archive.writestr(info, png(rng))
    return Case(checked("d.zip"), must="refuse" if name == "a/0.png" else "")


def nested(rng: Generator, folder: Path) -> Case:
    """Zips in zips: nothing is unpacked."""
    data = png(rng)
    for _ in range(int(rng.integers(1, 8))):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a/x.png", data)
            archive.writestr("b/x.zip", data)
        data = inner.getvalue()
    if rng.random() < 0.5:
        (folder / "d.zip").write_bytes(data)
        return Case(checked("d.zip"), must="refuse")
    written(rng, folder / "d.zip", ("b/inner.zip", data))
    return Case(checked("d.zip"), must="accept", check=loaded_classes("d.zip", COUNTS))


def names(rng: Generator, folder: Path) -> Case:
    """Members of any name, in UTF-8 or said to be in another code page."""
    drawn = [name.replace("\0", "x") for name in text(rng, 3)]
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        usual(rng, archive)
        for name in drawn:
            info = zipfile.ZipInfo("x")
            info.filename = f"a/{name}.png"
            archive.writestr(info, png(rng))
    data = bytearray((folder / "d.zip").read_bytes())
    if rng.random() < 0.3:  # without the flag that says UTF-8, in the directory only
        at = data.index(b"PK\x01\x02")
        data[at + 9] &= ~8
        (folder / "d.zip").write_bytes(data)
    return Case(checked("d.zip"))


def long_names(rng: Generator, folder: Path) -> Case:
    """A member name of thousands of letters or folders."""
    name = str(rng.choice(["a/" + "x" * 60_000 + ".png", "a/" * 20_000 + "x.png", "x" * 5000 + "/y.png"]))
    written(rng, folder / "d.zip", (name, png(rng)))
    return Case(checked("d.zip"))


def damaged_zip(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    written(rng, folder / "d.zip", compression=zipfile.ZIP_DEFLATED)
    (folder / "d.zip").write_bytes(damaged(rng, (folder / "d.zip").read_bytes()))
    return Case(checked("d.zip"))


def embedded(rng: Generator, folder: Path) -> Case:
    """A zip behind other bytes, as a self-extracting program is, or with bytes after it."""
    written(rng, folder / "x.zip")
    data = (folder / "x.zip").read_bytes()
    before, after = rng.bytes(int(rng.choice([0, 500]))), bytes(int(rng.choice([0, 100, 100_000])))
    (folder / "d.zip").write_bytes(before + data + after)
    return Case(checked("d.zip"))


def no_zip(rng: Generator, folder: Path) -> Case:
    """Another file, or none."""
    path = folder / "d.zip"
    match str(rng.choice(["empty", "noise", "gzip", "png", "end only", "many", "fifo", "missing", "folder", "rar"])):
        case "empty":
            path.touch()
        case "noise":
            path.write_bytes(rng.bytes(5000))
        case "gzip":
            path.write_bytes(b"\x1f\x8b" + rng.bytes(300))
        case "png":
            path.write_bytes(png(rng))
        case "end only":
            path.write_bytes(b"PK\x05\x06" + bytes(18))
        case "many":
            path.write_bytes(
                b"PK\x06\x06" + rng.bytes(52) + b"PK\x06\x07" + rng.bytes(16) + b"PK\x05\x06" + b"\xff" * 18
            )
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "rar":
            path.write_bytes(b"Rar!\x1a\x07\x00" + rng.bytes(300))
    return Case(checked("d.zip"), must="refuse")


def many_members(rng: Generator, folder: Path) -> Case:
    """Tens of thousands of empty members."""
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        usual(rng, archive)
        for i in range(int(rng.choice([2000, 20_000]))):
            archive.writestr(f"a/n{i}.txt", b"")
    return Case(checked("d.zip"))


MAKERS = (
    sound,
    slip,
    backslashes,
    bomb,
    lying_sizes,
    link,
    password,
    methods,
    unknown_method,
    twice,
    nested,
    names,
    long_names,
    damaged_zip,
    embedded,
    no_zip,
    many_members,
)
