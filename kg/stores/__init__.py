"""Databases that hold the graph and answer Cypher: the embedded one (`embedded`), and Neo4j (`neo4j`).

Both are read through one narrow seam, so that a query does not know where it runs:

    rows = store.query("MATCH (p:Paper) RETURN count(p) AS papers", {})       # [{"papers": 282}]

Neither module is imported before it is named, and neither needs the other's driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Row", "Store"]

Row = dict[str, Any]


class Store(Protocol):
    """What a query needs of a database."""

    def query(self, cypher: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of one reading statement, each a dict of JSON values under the statement's column names.

        A node is `{"labels": [...], "properties": {...}}`, a relationship `{"type": ..., "properties": {...}}`, a path
        the list of both in its order, where each relationship tells by `forward` whether it points along the path.

        Raises QueryError for a statement that writes, cannot be understood or takes too long.
        """
        ...
