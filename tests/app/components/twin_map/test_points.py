import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.components.atlas import ImageAtlas
from app.components.twin_map import Field, MapPoints, decode_selection, encode_selection


def build(n: int = 5, **options: object) -> MapPoints:
    xy = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    return MapPoints.build(np.arange(n) * 10, **{"maps": [xy], **options})


@given(st.integers(1, 70), st.data())
def test_a_selection_survives_its_way_to_the_browser_and_back(n: int, data: st.DataObject) -> None:
    points = build(n)
    ids = data.draw(st.lists(st.sampled_from(points.ids.tolist()), min_size=1, unique=True))
    mask = encode_selection(points, ids)
    assert decode_selection(points, {"mask": mask, "ids": points.ids_version}).tolist() == sorted(ids)


def test_mask_has_the_first_point_in_the_lowest_bit() -> None:
    points = build(9)
    assert base64.b64decode(encode_selection(points, [0, 80])) == bytes([1, 1])


@pytest.mark.parametrize("mask", ["", "?", "AAAA", None, 3, ["AQ=="]])
def test_a_malformed_selection_is_empty(mask: object) -> None:
    points = build()
    assert len(decode_selection(points, {"mask": mask, "ids": points.ids_version})) == 0


def test_a_selection_made_for_other_items_is_empty() -> None:
    points, other = build(5), build(6)
    assert len(decode_selection(points, {"mask": encode_selection(points, [10]), "ids": other.ids_version})) == 0


def test_versions_follow_the_contents() -> None:
    plain, same = build(), build()
    coloured = build(fields=[Field("class", "Class", [np.array(list("aabbc"))])])
    assert plain.version == same.version != coloured.version
    assert plain.ids_version == coloured.ids_version != build(6).ids_version


def test_categories_come_in_natural_order_and_unknown_is_minus_one() -> None:
    field = Field("mode", "Mode", [np.array(["10", "9", None, "b2", np.nan], dtype=object)])
    points = build(fields=[field])
    assert points.fields[0]["categories"] == ["9", "10", "b2"]
    assert points.table["f:mode:0"].to_pylist() == [1, 0, -1, 2, -1]


def test_arms_that_differ_share_their_categories() -> None:
    points = build(fields=[Field("sub", "Sub-cluster", [np.array([0, 0, 1, 1, 2]), np.array([3, 3, 3, 0, 0])])])
    assert points.fields[0]["categories"] == ["0", "1", "2", "3"]
    assert points.table["f:sub:1"].to_pylist() == [3, 3, 3, 0, 0]


def test_floats_are_a_continuous_scale_that_ends_at_finite_values() -> None:
    points = build(fields=[Field("change", "Change", [np.array([0.5, np.nan, 0.25, np.inf, 1])])])
    assert points.fields[0]["kind"] == "continuous"
    assert points.fields[0]["limits"] == [0.25, 1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": [Field("a", "A", [np.zeros(4)])]}, "4 values for 5 items"),
        ({"fields": [Field("a", "A", [np.zeros(5)]), Field("a", "B", [np.zeros(5)])]}, "names must be unique"),
        ({"maps": [np.zeros((n, 2), dtype=np.float32) for n in (5, 3)]}, "3 values for 5 items"),
    ],
)
def test_parts_that_do_not_fit_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**options)


def test_ids_that_repeat_or_overflow_are_refused() -> None:
    for ids in ([1, 1], [1, 2**40]):
        with pytest.raises(ValueError, match="unique and fit in 32 bits"):
            MapPoints.build(np.array(ids), maps=[np.zeros((2, 2), dtype=np.float32)])


def test_thumbnails_are_found_by_id() -> None:
    atlas = ImageAtlas.build(np.zeros((3, 4, 4), dtype=np.uint8), np.array([40, 0, 20]))
    assert build(atlas=atlas).table["slot"].to_pylist() == [1, -1, 2, -1, 0]
