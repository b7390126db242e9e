"""The numbered sources of a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx

__all__ = ["Sources", "end", "paper"]

_QUOTED = 4  # papers that one statement adds to the sources


class Sources:
    """Numbers papers in the order in which the report first quotes them."""

    def __init__(self, g: nx.MultiDiGraph) -> None:
        self._g = g
        self._numbers: dict[str, int] = {}

    def number(self, paper: str) -> int:
        return self._numbers.setdefault(paper, len(self._numbers) + 1)

    def rows(self) -> list[dict[str, Any]]:
        return [{"number": n, **paper(self._g, id_)} for id_, n in self._numbers.items()]

    def quote(self, pieces: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the pieces, each with the number of its paper; only the first few papers get one, the others None."""
        rows: list[dict[str, Any]] = []
        quoted: set[str] = set()
        for piece in pieces:
            if piece["paper"] in quoted or len(quoted) < _QUOTED:
                quoted.add(piece["paper"])
                rows.append({**piece, "source": self.number(piece["paper"])})
            else:
                rows.append({**piece, "source": self._numbers.get(piece["paper"])})
        return rows


def paper(g: nx.MultiDiGraph, id_: str) -> dict[str, Any]:
    """Return what a report tells of a paper."""
    data = g.nodes[id_]
    names = ("title", "published", "venue", "url")
    return {"paper": id_, **{n: data.get(n, "") for n in names}, "authors": list(data.get("authors", ()))}


def end(g: nx.MultiDiGraph, concept: str) -> dict[str, str]:
    """Return `{id, name, kind}` of a concept."""
    return {"id": concept, "name": g.nodes[concept]["name"], "kind": g.nodes[concept]["kind"]}
