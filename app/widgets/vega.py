"""Scales of the Vega charts whose data change under them.

They are given with the chart, since Vega draws it before its data have come, and warns of scales that it cannot find.
"""

import math
from collections.abc import Iterable
from typing import Any


def scale_of(values: Iterable[float]) -> dict[str, Any]:
    """A scale over these values, with round ends: it changes seldom, and with it the chart that is drawn anew."""
    known = [float(value) for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    step = 10.0 ** math.floor(math.log10((high - low) or abs(high) or 1.0))
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    return {"domain": [round(low, 12), round(high if high > low else low + step, 12)], "nice": False}
