"""Where the marks of the report's two figures go; the template draws them as SVG.

Coordinates are SVG user units, rounded to one decimal so that the same graph gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, cos, hypot, pi, sin
from typing import Any

__all__ = ["bars", "ego"]

_BAR_WIDTH, _BAR_HEIGHT = 680.0, 130.0
_EGO_WIDTH, _EGO_HEIGHT = 800.0, 430.0
_NODES = 12
_LABEL = 26  # characters of a name that fit


def bars(years: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the bars of papers per year, gaps included: `{width, height, bars: [{x, y, width, height, year, papers}]}`.

    None when no paper is dated.
    """
    if not years:
        return None
    counts = {row["year"]: row["papers"] for row in years}
    first, last = max(min(counts), max(counts) - 29), max(counts)
    step = min(48.0, _BAR_WIDTH / (last - first + 1))
    top = max(counts.values())
    drawn = []
    for n, year in enumerate(range(first, last + 1)):
        height = _BAR_HEIGHT * counts.get(year, 0) / top
        drawn.append(
            {
                "x": round(n * step + 0.1 * step, 1),
                "y": round(20 + _BAR_HEIGHT - height, 1),
                "width": round(0.8 * step, 1),
                "height": round(height, 1),
                "middle": round((n + 0.5) * step, 1),
                "year": year,
                "labelled": (last - year) % max(1, ceil(34 / step)) == 0,  # a year is 34 units wide
                "papers": counts.get(year, 0),
            }
        )
    return {"width": round(step * len(drawn), 1), "height": _BAR_HEIGHT + 40, "base": 20 + _BAR_HEIGHT, "bars": drawn}


def ego(card: Mapping[str, Any], words: Callable[..., str]) -> dict[str, Any] | None:
    """Return the concept amid those most related to it by a stated relation: `{width, height, nodes, centre}`.

    They stand clockwise on an ellipse, the most related at the top; each with the words that lead from the concept to it.
    None when no relation is stated that is rather true than false.
    """
    rows = [row for row in card["related"] if row["relations"] and row["relations"][0]["confidence"] >= 0.5][:_NODES]
    if not rows:
        return None
    middle_x, middle_y = _EGO_WIDTH / 2, _EGO_HEIGHT / 2
    nodes = []
    for n, row in enumerate(rows):
        angle = 2 * pi * n / len(rows) - pi / 2
        x, y = middle_x + 190 * cos(angle), middle_y + 165 * sin(angle)
        best = row["relations"][0]
        side = "middle" if abs(cos(angle)) < 0.2 else "start" if cos(angle) > 0 else "end"
        shift = {"middle": 0.0, "start": 14.0, "end": -14.0}[side]
        below = 0.0 if side != "middle" else 24.0 if sin(angle) > 0 else -26.0
        length = hypot(x - middle_x, y - middle_y)
        near, far = 16 / length, 1 - 16 / length  # the line keeps clear of both marks
        nodes.append(
            {
                "x1": round(middle_x + near * (x - middle_x), 1),
                "y1": round(middle_y + near * (y - middle_y), 1),
                "x2": round(middle_x + far * (x - middle_x), 1),
                "y2": round(middle_y + far * (y - middle_y), 1),
                "x": round(x, 1),
                "y": round(y, 1),
                "text_x": round(x + shift, 1),
                "text_y": round(y + below, 1),
                "anchor": side,
                "name": shorten(row["name"]),
                "full": row["name"],
                "kind": row["kind"],
                "words": words(card["kind"], best["relation"], forward=best["forward"]),
                "forward": best["forward"],
                "thickness": round(1 + 2.5 * best["confidence"], 1),
            }
        )
    return {
        "width": _EGO_WIDTH,
        "height": _EGO_HEIGHT,
        "nodes": nodes,
        "centre": {"x": middle_x, "y": middle_y, "name": shorten(card["name"]), "kind": card["kind"]},
    }


def shorten(name: str) -> str:
    """Return a name that fits beside its mark."""
    return name if len(name) <= _LABEL else name[: _LABEL - 1].rstrip() + "…"
