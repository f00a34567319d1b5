"""Inputs that no list foresees: text and nested values that hypothesis draws, and bytes with random damage."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from numpy.random import Generator

PLAIN_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
"""What JSON or TOML can say."""


def draw(rng: Generator, strategy: st.SearchStrategy, n: int) -> list[Any]:
    """n values of a strategy, the same for the same generator; not the simplest, which hypothesis draws first."""
    found: list[Any] = []

    @with_seed(int(rng.integers(2**32)))
    @settings(
        max_examples=3 * n + 5,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found[-n:]


def text(rng: Generator, n: int) -> list[str]:
    """Any text that UTF-8 can encode."""
    return draw(rng, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), n)


def damaged(rng: Generator, data: bytes) -> bytes:
    """Bytes that are changed, cut off, inserted, repeated or taken out, one to five times."""
    result = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(0, max(1, len(result))))
        length = int(rng.choice([1, 1, 2, 4, 8, 64]))
        match int(rng.integers(0, 6)):
            case 0 if result:
                result[at % len(result)] ^= 1 << int(rng.integers(0, 8))
            case 1:
                result[at : at + length] = rng.bytes(length)
            case 2:
                del result[at:]
            case 3:
                result[at:at] = rng.bytes(length)
            case 4:
                result[at : at + length] = b"\xff" * length if rng.random() < 0.5 else bytes(length)
            case _:
                del result[at : at + length]
    return bytes(result)
