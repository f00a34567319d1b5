"""Vectorised drawing of small shapes: each shape is a signed distance function of the pixel coordinates."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from core.recipe.synthetic import ATTRIBUTES, Attribute

COLOURS = {
    "red": (228, 26, 28),
    "blue": (55, 110, 220),
    "green": (60, 170, 70),
    "yellow": (245, 220, 40),
    "purple": (152, 70, 170),
    "cyan": (70, 210, 220),
    "orange": (255, 130, 10),
    "white": (235, 235, 235),
}
TURNS = {"upright": 0.0, "left": 0.5, "down": 1.0, "right": 1.5}
"""Rotation anticlockwise, in units of 180 degrees."""

Plane = Float32[np.ndarray, "m s s"]


def draw_shapes(
    values: dict[Attribute, Int[np.ndarray, "m"]],
    variation: Float[np.ndarray, "m 5"],
    grain: Float32[np.ndarray, "m s s 1"],
    *,
    side: int,
) -> UInt8[np.ndarray, "m s s 3"]:
    """Draw one shape per image.

    values: attribute -> index of each image's value in ATTRIBUTES. variation: of horizontal position, vertical
    position, size, angle and brightness, each from -1 to 1. grain: noise added to every pixel, in units of 64 grey
    levels.
    """
    across, down, size, angle, shade = (column[:, None, None].astype(np.float32) for column in variation.T)
    turns = np.array([TURNS[name] for name in ATTRIBUTES["rotation"]], np.float32)[values["rotation"]]
    turned = np.pi * (turns[:, None, None] + angle / 2)
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    x, y = axis[None, None, :] - 0.5 * across, -(axis[None, :, None] - 0.5 * down)  # y points up
    scale = 0.7 * (1 + 0.5 * size)
    u = (np.cos(turned) * x + np.sin(turned) * y) / scale
    v = (np.cos(turned) * y - np.sin(turned) * x) / scale
    soft = scale * side / 2  # the edge is one pixel wide
    cover = np.clip(_evaluate(values["shape"], "shape", SHAPES, u, v) * soft + 0.5, 0, 1)
    ink = 1 - 0.75 * _evaluate(values["texture"], "texture", TEXTURES, u, v)
    colours = np.array([COLOURS[name] for name in ATTRIBUTES["colour"]], np.float32)[values["colour"]]
    picture = (cover * ink * (0.9 + 0.4 * shade))[..., None] * colours[:, None, None, :] + 64 * grain
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _evaluate(
    codes: Int[np.ndarray, "m"], attribute: Attribute, functions: dict[str, Callable[..., Plane]], u: Plane, v: Plane
) -> Plane:
    """Evaluate for each image the function of its attribute value."""
    result = np.empty_like(u)
    for code in np.unique(codes).tolist():
        own = codes == code
        result[own] = functions[ATTRIBUTES[attribute][code]](u[own], v[own])
    return result


def _polygon(u: Plane, v: Plane, corners: int) -> Plane:
    """Regular polygon inscribed in the unit circle, with a corner at the top."""
    step = 2 * np.pi / corners
    from_corner = np.arctan2(u, v) % step - step / 2
    return np.float32(np.cos(step / 2)) - np.hypot(u, v) * np.cos(from_corner)


def _square(u: Plane, v: Plane) -> Plane:
    return 0.8 - np.maximum(np.abs(u), np.abs(v))


def _star(u: Plane, v: Plane) -> Plane:
    """Five-pointed star with straight edges from each point to the adjacent notch."""
    step = np.float32(2 * np.pi / 5)
    angle = np.abs((np.arctan2(u, v) + step / 2) % step - step / 2)
    radius = np.hypot(u, v)
    notch = 0.42
    ex, ey = 1 - notch * np.cos(step / 2), -notch * np.sin(step / 2)
    side = ((1 - radius * np.cos(angle)) * -ey - (-radius * np.sin(angle)) * -ex) / np.hypot(ex, ey)
    return side.astype(np.float32)


def _cross(u: Plane, v: Plane) -> Plane:
    wide, high = np.abs(u), np.abs(v)
    return np.minimum(0.95 - np.maximum(wide, high), 0.32 - np.minimum(wide, high))


def _arrow(u: Plane, v: Plane) -> Plane:
    """An arrow pointing up."""
    head = np.minimum(v, (0.95 - v - np.abs(u)) / np.float32(2**0.5))
    stem = np.minimum(0.28 - np.abs(u), np.minimum(0.1 - v, v + 0.95))
    return np.maximum(head, stem)


SHAPES: dict[str, Callable[..., Plane]] = {
    "circle": lambda u, v: 0.9 - np.hypot(u, v),
    "square": _square,
    "triangle": lambda u, v: _polygon(u, v, 3),
    "star": _star,
    "cross": _cross,
    "ring": lambda u, v: 0.24 - np.abs(np.hypot(u, v) - 0.68),
    "half": lambda u, v: np.minimum(0.95 - np.hypot(u, v), v + 0.1),
    "arrow": _arrow,
}
"""Signed distance from the edge, positive inside; each shape fills about the unit circle."""

TEXTURES: dict[str, Callable[..., Plane]] = {
    "plain": lambda u, v: np.zeros_like(u),
    "striped": lambda u, v: (np.sin(9 * v) > 0).astype(np.float32),
    "checked": lambda u, v: (np.sin(7 * u) * np.sin(7 * v) > 0).astype(np.float32),
    "dotted": lambda u, v: (np.cos(11 * u) + np.cos(11 * v) > 0.9).astype(np.float32),
}
"""Darkness at each pixel, 0 or 1."""
