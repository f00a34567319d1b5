"""A vector given as a query: read as it is meant, or refused in a sentence."""

import io

import numpy as np
import pytest

from core.common.errors import DataError
from core.data.one_vector import MAX_BYTES, vector_from_file, vector_from_text


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


@pytest.mark.parametrize("text", ["3, 4", "3;4", "[3.0, 4e0]", " 3\n4 ", "3\t4,"])
def test_numbers_in_a_text(text: str) -> None:
    np.testing.assert_allclose(vector_from_text(text), [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no numbers"),
        ("1, two, 3", '2. entry, "two", is no number'),
        ("0, 0, 0", "no direction"),
        ("1, nan", "number 2 is infinite or NaN"),
        ("1, inf", "number 2 is infinite or NaN"),
        ("1," * MAX_BYTES, "longer than"),
    ],
)
def test_a_text_that_is_no_vector(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        vector_from_text(text)


def test_very_large_and_small_numbers_have_a_direction() -> None:
    np.testing.assert_allclose(vector_from_text("3e300, 4e300"), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(vector_from_text("3e-300, 4e-300"), [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("shape", [(2,), (1, 2)])
@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_a_file(shape: tuple[int, ...], dtype: type) -> None:
    np.testing.assert_allclose(vector_from_file(npy(np.array([3, 4], dtype).reshape(shape))), [0.6, 0.8], rtol=1e-3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no whole .npy file"),
        (b"nothing", "no whole .npy file"),
        (npy(np.ones(50))[:-8], "no whole .npy file"),
        (npy(np.ones((3, 4))), r"shape \(3, 4\)"),
        (npy(np.array(["a", "b"])), "no plain real numbers"),
        (npy(np.array([{}, 1], dtype=object), pickled=True), "no plain real numbers"),
        (npy(np.zeros(4)), "no direction"),
        (npy(np.ones(0)), "no numbers"),
        (b"\x93NUMPY" + bytes(MAX_BYTES), "at most"),
    ],
)
def test_a_file_that_holds_no_vector(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        vector_from_file(data)
