"""From a model's probability to one that comes true as often as it says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

__all__ = ["calibrate"]


def calibrate(p: float, table: Sequence[Sequence[float]]) -> float:
    """Return `p` mapped through a monotone table of (probability, observed share) points, straight lines between them.

    Isotonic regression (Zadrozny and Elkan, 2002) on the development papers gives the table; an empty one changes nothing.
    """
    if not table:
        return p
    xs = [row[0] for row in table]
    i = bisect_right(xs, p)
    if i == 0:
        return float(table[0][1])
    if i == len(table):
        return float(table[-1][1])
    (x0, y0), (x1, y1) = table[i - 1], table[i]
    return float(y0 + (y1 - y0) * (p - x0) / (x1 - x0)) if x1 > x0 else float(y1)
