"""Facts travel as objects: nothing in app or core searches a message for people for words."""

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
MESSAGE = re.compile(r"warning|error|message|advice|problem|sentence|reason|complaint", re.IGNORECASE)
SEARCHES = {"startswith", "endswith", "partition", "rpartition", "split", "rsplit", "find", "index", "removeprefix"}


def is_sentence(node: ast.expr) -> bool:
    """Whether it is text as people read it: several words, or an end that a label or a sentence has."""
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.search(r"\w \w|[:.] ?$", node.value))
    )


def is_message(node: ast.expr) -> bool:
    """Whether it is called like a message, or is the text of something called so, as in `str(error)`.

    Of an attribute its own name counts: `problem.key` is a fact of a problem, and `problem.message` its sentence.
    """
    named = node.args[0] if isinstance(node, ast.Call) and node.args else node
    return bool(MESSAGE.search(named.attr if isinstance(named, ast.Attribute) else ast.unparse(named)))


def searches(source: str) -> list[int]:
    """Lines in which a message is searched for a sentence."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left, [ast.In() | ast.NotIn()], [text]) if is_sentence(left) and is_message(text):
                found.append(node.lineno)
            case ast.Call(ast.Attribute(text, method), [wanted, *_]) if method in SEARCHES:
                if is_sentence(wanted) and is_message(text):
                    found.append(node.lineno)
    return found


@pytest.mark.parametrize("layer", ["app", "core"])
def test_no_message_is_searched_for_words(layer: str):
    sources = sorted((REPO / layer).rglob("*.py"))
    assert sources
    assert not {path: lines for path in sources if (lines := searches(path.read_text("utf-8")))}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('"rule of thumb" not in warning', 1),
        ('"Python objects" in str(error)', 1),
        ('notice.message.startswith("total collapse")', 1),
        ('job.message.partition(": ")', 1),
        ('str(error).split(":")', 1),
        ('"total collapse" in notice.code', 0),
        ('name.partition(".")', 0),
        ('"error" in severities', 0),
    ],
)
def test_a_search_is_found(source: str, count: int):
    assert len(searches(source)) == count
