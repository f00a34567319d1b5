"""The rooms of the program and who imports whom, read from the source, as a table and as a drawing (SVG)."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

REPO = Path(__file__).parent.parent
LAYERS = ("app", "core", "models")
"""From the top down: each imports from those after it only."""

Rooms = dict[str, set[str]]
"""Room -> the rooms it imports from. A room is a folder or a module directly under app or core; models is one."""


Point = str | tuple[str, str, int]
"""What has a place in a row: a room, or the arrow between two rooms on its way past the row."""

WIDTH, ROW, BOX = 1000, 62, 26
"""Pixels: the drawing's width, from row to row, and a box's height."""
TEXT = 'font-family="sans-serif" font-size="12" text-anchor="middle"'
TIP = '<path d="M0,0 L8,4 L0,8 z" fill="#667"/>'
COLOURS = {"app": "#cc79a7", "core": "#0072b2", "models": "#009e73"}


def read_rooms() -> Rooms:
    """Every room with its imports, those inside functions included."""
    found: Rooms = defaultdict(set)
    for layer in LAYERS:
        for path in sorted((REPO / layer).rglob("*.py")):
            here = _room(path.relative_to(REPO).with_suffix("").as_posix().replace("/", "."))
            imported = {_room(name) for name in _imports(ast.parse(path.read_text("utf-8")))}
            if here:
                found[here] |= imported - {here, ""}
    return dict(found)


def drawn_arrows(rooms: Rooms) -> Rooms:
    """Without the arrows that a longer way already implies, which would hide the others."""

    def reached(start: str, *, without: str) -> set[str]:
        seen: set[str] = set()
        stack = [room for room in rooms[start] if room != without]
        while stack:
            room = stack.pop()
            if room not in seen and room != start:
                seen.add(room)
                stack += rooms[room]
        return seen

    return {a: {b for b in targets if b not in reached(a, without=b)} for a, targets in rooms.items()}


def table(rooms: Rooms) -> str:
    """Markdown: a line per room with what it is for, from its own docstring, and what it imports from."""
    lines = ["| room | what it holds | imports from |", "|---|---|---|"]
    for room in sorted(rooms, key=lambda room: (LAYERS.index(room.split(".")[0]), rows(rooms)[room], room)):
        lines.append(f"| {_link(room)} | {_purpose(room)} | {', '.join(sorted(rooms[room])) or '-'} |")
    return "\n".join(lines)


def rows(rooms: Rooms) -> dict[str, int]:
    """Row of each room in the drawing, counted from the top: below all rooms that import it."""
    importers = {room: {a for a, targets in rooms.items() if room in targets} for room in rooms}
    found: dict[str, int] = {}

    def place(room: str, on_the_way: frozenset[str]) -> int:
        if room not in found:
            above = [a for a in importers[room] if a not in on_the_way]
            found[room] = 1 + max((place(a, on_the_way | {room}) for a in above), default=-1)
        return found[room]

    for room in sorted(rooms):
        place(room, frozenset())
    return found


def _room(module: str) -> str:
    """The room of a module or of a name in one; empty for other packages and for what a layer itself defines."""
    layer, *rest = module.split(".")
    if layer == "models":
        return layer
    room = ".".join([layer, *rest[:1]])
    return room if layer in LAYERS and rest[:1] != ["__init__"] and rest and _source(room).is_file() else ""


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _source(room: str) -> Path:
    path = REPO.joinpath(*room.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


def _purpose(room: str) -> str:
    text = ast.get_docstring(ast.parse(_source(room).read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def _link(room: str) -> str:
    return f"[{room}](../{_source(room).relative_to(REPO).as_posix().removesuffix('/__init__.py')})"


def drawing(rooms: Rooms) -> str:
    """The rooms as boxes and the arrows that no longer way implies, as SVG."""
    arrows, at = drawn_arrows(rooms), rows(rooms)
    chains = [_chain(a, b, at) for a in sorted(arrows) for b in sorted(arrows[a])]
    places = _places([*sorted(rooms), *(point for chain in chains for point in chain[1:-1])], chains, at)
    height = ROW * (max(at.values()) + 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {TEXT}>',
        f'<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">{TIP}',
        "</marker>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *(_curve([places[point] for point in chain]) for chain in chains),
        *(_box(room, *places[room]) for room in sorted(rooms)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _row(point: Point, at: dict[str, int]) -> int:
    return at[point] if isinstance(point, str) else point[2]


def _chain(a: str, b: str, at: dict[str, int]) -> list[Point]:
    """An arrow with a point in every row that it passes, so that it runs between the boxes."""
    return [a, *((a, b, row) for row in range(at[a] + 1, at[b])), b]


def _places(points: list[Point], chains: list[list[Point]], at: dict[str, int]) -> dict[Point, tuple[float, float]]:
    """Centres; each row in the order of the means of what its points are joined to, a few times down and up."""
    joined: dict[Point, list[Point]] = defaultdict(list)
    for a, b in (pair for chain in chains for pair in pairwise(chain)):
        joined[a].append(b)
        joined[b].append(a)
    by_row = [[point for point in points if _row(point, at) == row] for row in range(max(at.values()) + 1)]
    x = {point: (i + 0.5) / len(row) for row in by_row for i, point in enumerate(row)}
    for row in (by_row + by_row[::-1]) * 12:
        means = {point: sum(x[other] for other in joined[point]) / max(len(joined[point]), 1) for point in row}
        row.sort(key=lambda point: means[point])
        x |= {point: (i + 0.5) / len(row) for i, point in enumerate(row)}
    return {point: (round(WIDTH * x[point], 1), ROW * (_row(point, at) + 0.5)) for point in points}


def _curve(points: list[tuple[float, float]]) -> str:
    """From the lower edge of the first box to the upper edge of the last."""
    points = [(points[0][0], points[0][1] + BOX / 2), *points[1:-1], (points[-1][0], points[-1][1] - BOX / 2)]
    parts = [f"M{points[0][0]},{points[0][1]}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        parts.append(f"C{x0},{middle} {x1},{middle} {x1},{y1}")
    return f'<path d="{" ".join(parts)}" fill="none" stroke="#667" marker-end="url(#tip)"/>'


def _box(room: str, x: float, y: float) -> str:
    width = 8 * len(room) + 14
    colour = COLOURS[room.split(".")[0]]
    return (
        f'<rect x="{x - width / 2}" y="{y - BOX / 2}" width="{width}" height="{BOX}" rx="4" fill="#fff" '
        f'stroke="{colour}" stroke-width="2"/><text x="{x}" y="{y + 4}" fill="#223">{room}</text>'
    )
