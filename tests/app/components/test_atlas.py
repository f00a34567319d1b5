import io

import numpy as np
import pytest
from PIL import Image

from app.components import atlas as module
from app.components.atlas import ImageAtlas, picture_url


def cut_out(atlas: ImageAtlas, slot: int) -> np.ndarray:
    """The thumbnail as the browser would cut it out, by the rules in common/sprites.js."""
    sheet = slot // atlas.per_sheet
    start = atlas.ends[sheet - 1] if sheet else 0
    picture = Image.open(io.BytesIO(atlas.file[start : atlas.ends[sheet]]))
    width, height = atlas.tile
    left, top = slot % atlas.per_sheet % atlas.columns * width, slot % atlas.per_sheet // atlas.columns * height
    return np.asarray(picture.crop((left, top, left + width, top + height)))


@pytest.mark.parametrize("n", [1, 5, 6, 7, 23])
def test_grey_thumbnails_come_back_exactly(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SHEET_SIDE", 16)  # three columns of two rows
    images = np.random.default_rng(0).integers(0, 256, (n, 8, 5), dtype=np.uint8)
    atlas = ImageAtlas.build(images)
    assert len(atlas.ends) == -(-n // 6)
    for slot in range(n):
        np.testing.assert_array_equal(cut_out(atlas, slot), images[slot])


def test_colour_thumbnails_keep_their_colours() -> None:
    colours = np.array([[255, 0, 0], [0, 200, 0], [20, 30, 220]], dtype=np.uint8)
    images = np.broadcast_to(colours[:, None, None], (3, 8, 8, 3)).copy()
    atlas = ImageAtlas.build(images)
    for slot in range(3):
        assert np.abs(cut_out(atlas, slot).astype(int) - images[slot]).max() <= 6


def test_ids_without_a_thumbnail_have_no_slot() -> None:
    atlas = ImageAtlas.build(np.zeros((3, 2, 2), dtype=np.uint8), np.array([7, 3, 5]))
    assert atlas.slots(np.array([5, 4, 7, 99, -1])).tolist() == [2, -1, 0, -1, -1]
    empty = ImageAtlas.build(np.zeros((0, 2, 2), dtype=np.uint8))
    assert empty.slots(np.array([0])).tolist() == [-1]


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 4), (1, 4, 4, 3, 1)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        ImageAtlas.build(np.zeros(shape, dtype=np.uint8))


def test_a_small_picture_stays_lossless_and_a_large_one_becomes_a_jpeg() -> None:
    assert picture_url(Image.new("L", (28, 28)), "a").startswith("data:image/png;")
    assert picture_url(Image.new("RGBA", (200, 100)), "b").startswith("data:image/jpeg;")
