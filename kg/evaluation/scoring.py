"""Figures: strict micro F1 of mentions and relations, B-cubed of concepts, accuracy of roles, calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Counts", "b_cubed", "reliability"]


@dataclass(slots=True)
class Counts:
    """How many were right, were said and are in the gold annotation."""

    hit: int = 0
    said: int = 0
    gold: int = 0

    def add(self, gold: Set[Any], said: Set[Any], n_gold: int | None = None) -> None:
        self.hit += len(gold & said)
        self.said += len(said)
        self.gold += len(gold) if n_gold is None else n_gold

    def figures(self) -> dict[str, float]:
        """Return precision, recall and F1 in percent, with the counts."""
        return {
            "f1": round(200 * self.hit / max(1, self.said + self.gold), 2),
            "p": round(100 * self.hit / max(1, self.said), 2),
            "r": round(100 * self.hit / max(1, self.gold), 2),
            "gold": self.gold,
            "said": self.said,
        }


def b_cubed(gold: Mapping[Any, Any], said: Mapping[Any, Any]) -> float:
    """Return B-cubed F1, in percent, of two groupings of the items that both have. Bagga and Baldwin (1998)."""
    shared = sorted(set(gold) & set(said), key=repr)
    by_gold: dict[Any, set[Any]] = defaultdict(set)
    by_said: dict[Any, set[Any]] = defaultdict(set)
    for item in shared:
        by_gold[gold[item]].add(item)
        by_said[said[item]].add(item)
    precision = sum(len(by_gold[gold[i]] & by_said[said[i]]) / len(by_said[said[i]]) for i in shared) / max(
        1, len(shared)
    )
    recall = sum(len(by_gold[gold[i]] & by_said[said[i]]) / len(by_gold[gold[i]]) for i in shared) / max(1, len(shared))
    return round(200 * precision * recall / (precision + recall), 2) if precision + recall else 0.0


def reliability(
    rows: Iterable[tuple[float, bool]], edges: Sequence[float] = (0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
) -> list[dict[str, float]]:
    """Return, for each range of confidence, how many statements there are, what they promise and how many are right (percent)."""
    known = list(rows)
    table = []
    for low, high in pairwise(edges):
        here = [(c, ok) for c, ok in known if low <= c < high or (high == edges[-1] and c == high)]
        if here:
            table.append(
                {
                    "from": low,
                    "to": high,
                    "n": len(here),
                    "promised": round(100 * sum(c for c, _ in here) / len(here), 1),
                    "right": round(100 * sum(ok for _, ok in here) / len(here), 1),
                }
            )
    return table
