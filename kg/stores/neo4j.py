"""Neo4j, reached with its official driver: a store that only reads, and `sync`, which makes it equal to the graph.

    with Neo4jStore("bolt://localhost:7687", "neo4j", password, "neo4j") as store:
        store.query("MATCH (p:Paper) RETURN count(p) AS papers")

Community edition suffices; no APOC or any other plug-in is needed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Self

from kg.errors import QueryError, StoreError
from kg.stores import Row
from kg.stores.bolt import Target, connect, errors, plain
from kg.stores.rows import clean
from kg.stores.syncing import sync

__all__ = ["Neo4jStore", "sync"]

# What a statement says before the statement proper: blanks, comments and the words that ask for its plan.
_BLANK = r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*"
_ASKS_FOR_PLAN = re.compile(rf"{_BLANK}(EXPLAIN|PROFILE)\b", re.IGNORECASE | re.DOTALL)
# The procedures that read the graph and nothing else. Others (as apoc.load.json) reach files or the network.
_READING = ("db.", "gds.")


class Neo4jStore:
    """A read-only store; no query runs longer than `timeout_s` seconds. Connects with the first query."""

    def __init__(
        self, uri: str, username: str, password: str, database: str = "neo4j", *, timeout_s: float = 30
    ) -> None:
        self.timeout_s = timeout_s
        self._target = Target(uri, username, database)
        self._password = password
        self._stack = contextlib.ExitStack()
        self._driver: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later query opens new ones."""
        self._stack.close()
        self._driver = None

    def check(self) -> None:
        """Return when the server takes the login. Raises AuthError when it refuses it, StoreError when none answers."""
        with errors(self._target, timeout_s=self.timeout_s), self._session() as session:
            session.run("RETURN 1").consume()

    def fingerprint(self) -> str | None:
        """Return the fingerprint of the graph that `sync` last wrote whole, or None."""
        rows = self.query("MATCH (m:KgGraph {id: 'graph'}) RETURN m.fingerprint AS fingerprint")
        return rows[0]["fingerprint"] if rows else None

    def query(self, cypher: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of one reading statement; see `kg.stores.Store`.

        Two things keep it from writing: the server plans the statement first, and only what it calls reading, and what
        neither loads files nor calls procedures that may, is run; and it runs in a transaction that reads.
        Raises QueryError for a statement, StoreError (AuthError) for the server.
        """
        import neo4j

        given = clean(dict(params or {}))
        statement = re.sub(r";\s*$", "", cypher)
        if not re.sub(_BLANK, "", statement, flags=re.DOTALL):
            raise QueryError("the statement is empty: expected Cypher, as in MATCH (p:Paper) RETURN count(p) AS papers")

        @neo4j.unit_of_work(timeout=self.timeout_s)
        def work(transaction: Any) -> list[Row]:
            self._guard(transaction, statement, given)
            result = transaction.run(statement, given)
            keys = result.keys()
            return [dict(zip(keys, map(plain, record.values()), strict=True)) for record in result]

        with errors(self._target, timeout_s=self.timeout_s), self._session() as session:
            rows: list[Row] = session.execute_read(work)
            return rows

    def _guard(self, transaction: Any, statement: str, params: Row) -> None:
        asked = _ASKS_FOR_PLAN.match(statement)
        planned = statement if asked and asked[1].upper() == "EXPLAIN" else f"EXPLAIN {statement}"
        if asked and asked[1].upper() == "PROFILE":
            planned = f"EXPLAIN {statement[asked.end() :]}"
        summary = transaction.run(planned, params).consume()
        if summary.query_type != "r":
            raise QueryError("the statement writes, or is about the server: only reading the graph is allowed")
        for step in _steps(summary.plan or {}):
            operator = str(step.get("operatorType", "")).split("@")[0]
            details = str(step.get("args", {}).get("Details", ""))
            if operator == "LoadCSV":
                raise QueryError("LOAD CSV is switched off: a query reads the graph alone")
            if operator == "ProcedureCall" and not details.startswith(_READING):
                raise QueryError(
                    f"the procedure {details.partition('(')[0]} may do more than read the graph: not allowed"
                )
            if operator.startswith("Terminate"):
                raise QueryError("the statement stops other people's work: only reading is allowed")

    def _session(self) -> Any:
        import neo4j

        return self._connected().session(database=self._target.database, default_access_mode=neo4j.READ_ACCESS)

    def _connected(self) -> Any:
        if self._driver is None:
            if not self._password:
                raise StoreError(f"no password for {self._target}: set NEO4J_PASSWORD")
            self._driver = self._stack.enter_context(connect(self._target, self._password))
        return self._driver


def _steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [plan]
    while waiting:
        step = waiting.pop()
        yield step
        waiting.extend(step.get("children") or ())
