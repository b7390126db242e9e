"""The embedded engine, ArcadeDB, as kg uses it: opening, the safe settings, loading a graph, its values and its errors.

The native package `arcadedb` has the engine in process; where no wheel of it exists, `arcadedb-embedded` (the same engine
with a Java runtime of its own, slower to start) takes its place. Nothing here knows of fingerprints or of folders in use.
"""

from __future__ import annotations

import importlib
import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx as nx

from kg import schema
from kg.errors import KgError, QueryError, StoreError
from kg.stores import Row
from kg.stores.rows import clean, labels_of, nodes, relationships

__all__ = ["create", "engine", "load", "open_read_only", "query", "version"]

_PACKAGES = ("arcadedb", "arcadedb_embedded")
_ABSENT = (
    "the embedded database is not installed: run `pip install arcadedb` (or `pip install arcadedb-embedded`, which runs "
    "on more systems), or ask a Neo4j server instead: --on neo4j"
)
_EDGES_AT_ONCE = 2_000
_LONGEST_MESSAGE = 300

# What a query names is found by these, as Neo4j has it by its constraints. The engine takes such DDL in SQL alone.
_TABLES = (
    "CREATE VERTEX TYPE Paper",
    "CREATE VERTEX TYPE Concept",
    *(f"CREATE VERTEX TYPE {kind}" for kind in schema.KINDS),
    # "A~B" is how the engine names the type of nodes that carry the labels A and B.
    *(f"CREATE VERTEX TYPE `Concept~{kind}` EXTENDS Concept, {kind}" for kind in schema.KINDS),
    *(f"CREATE EDGE TYPE {name}" for name in schema.RELATIONS),
    "CREATE PROPERTY Paper.id STRING",
    "CREATE PROPERTY Concept.id STRING",
)
_INDEXES = (
    "CREATE INDEX ON Paper (id) UNIQUE",
    "CREATE INDEX ON Concept (id) UNIQUE",
)


def _settings(timeout_s: float) -> tuple[str, ...]:
    # LOAD CSV reads any file of the user's and any address, through a reading statement too: off.
    return (
        "ALTER DATABASE `arcadedb.opencypher.loadCsv.allowFileUrls` false",
        "ALTER DATABASE `arcadedb.opencypher.loadCsv.allowRemoteUrls` false",
        f"ALTER DATABASE `arcadedb.command.timeout` {max(1, round(timeout_s * 1000))}",
    )


def engine(log_folder: Path) -> ModuleType:
    """Return the engine's package. Raises StoreError where none is installed or its library does not load here.

    The engine writes its log to `log_folder` and nothing to the terminal, unless the environment says otherwise.
    """
    # Read when the engine starts, once a process; by default it would write to the terminal.
    os.environ.setdefault("ARCADEDB_LOG_CONSOLE", "0")
    os.environ.setdefault("ARCADEDB_LOG_DIR", str(log_folder))
    for name in _PACKAGES:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
        except (ImportError, OSError) as error:
            raise StoreError(
                f"the embedded database does not run on this system ({_one_line(str(error))}); "
                "ask a Neo4j server instead: --on neo4j"
            ) from error
    raise StoreError(_ABSENT)


def version(package: ModuleType) -> str:
    """Return name and version of the engine: a store that another one wrote is built afresh."""
    return f"{package.__name__} {getattr(package, '__version__', '')} {getattr(package, 'ENGINE_VERSION', '')}".strip()


def create(package: ModuleType, folder: Path, *, timeout_s: float) -> Any:
    """Return a new database in `folder`, open for writing, with tables and settings. Raises StoreError."""
    try:
        db = package.create_database(str(folder))
        db.set_wal_flush("yes_full")
        for statement in (*_settings(timeout_s), *_TABLES, *_INDEXES):
            db.command("sql", statement)
    except (package.ArcadeDBError, OSError) as error:
        raise StoreError(f"cannot make the graph store in {folder.parent}: {_one_line(str(error))}") from error
    return db


def open_read_only(package: ModuleType, folder: Path) -> Any:
    """Return the database in `folder`, which nothing can write to. Raises the engine's own error."""
    return package.open_database(str(folder), read_only=True)


def load(package: ModuleType, db: Any, g: nx.MultiDiGraph) -> None:
    """Write all of `g` to the empty `db`. Raises StoreError."""
    by_labels: dict[tuple[str, ...], list[tuple[str, Row]]] = defaultdict(list)
    for node in nodes(g):
        by_labels[node.labels].append((node.id, node.properties))
    try:
        with db.graph_batch(use_wal=True, wal_flush="yes_full") as batch:
            rid_of: dict[str, str] = {}
            for labels in (labels_of(None), *map(labels_of, schema.KINDS)):
                found = by_labels[labels]
                rids = batch.create_vertices("~".join(labels), [properties for _, properties in found])
                rid_of.update(zip((id_ for id_, _ in found), rids, strict=True))
            by_type: dict[str, list[tuple[str, str, Row]]] = defaultdict(list)
            for edge in relationships(g):
                waiting = by_type[edge.type]
                waiting.append((rid_of[edge.head], rid_of[edge.tail], edge.properties))
                if len(waiting) >= _EDGES_AT_ONCE:
                    _flush(batch, edge.type, waiting)
            for type_, waiting in by_type.items():
                _flush(batch, type_, waiting)
    except (package.ArcadeDBError, OSError) as error:
        raise StoreError(f"cannot write the graph store: {_one_line(str(error))}") from error


def _flush(batch: Any, type_: str, waiting: list[tuple[str, str, Row]]) -> None:
    if waiting:
        heads, tails, properties = map(list, zip(*waiting, strict=True))
        batch.new_edges(heads, type_, tails, properties)
        waiting.clear()


def query(package: ModuleType, db: Any, cypher: str, params: Mapping[str, Any], *, timeout_s: float) -> list[Row]:
    """Return the rows of a reading statement as JSON values (see `kg.stores.Store`). Raises QueryError."""
    if not cypher.strip():
        raise QueryError("the statement is empty: expected Cypher, as in MATCH (p:Paper) RETURN count(p) AS papers")
    try:
        result = db.query("opencypher", cypher, dict(clean(params))) if params else db.query("opencypher", cypher)
        found = result.to_list()
        # Where the statement names paths, they arrive as text, "(#1:0)-[#5:2]->(#3:1)": their records are fetched.
        texts = set(_path_texts(found)) if _NAMES_A_PATH.search(cypher) else set()
        records = _records(db, texts)
    except package.ArcadeDBError as error:
        raise _query_error(error, timeout_s) from error
    return [{key: _value(value, texts, records) for key, value in row.items()} for row in found]


# -- values

_NAMES_A_PATH = re.compile(r"=\s*(?:\(|shortestPath|allShortestPaths|ANY|ALL|SHORTEST)", re.IGNORECASE)
_PATH = re.compile(r"\(#\d+:\d+\)(?:<?-\[#\d+:\d+\]->?\(#\d+:\d+\))*")
_RID = re.compile(r"#\d+:\d+")


def _path_texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        if value.startswith("(#") and _PATH.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _path_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _path_texts(item)


def _records(db: Any, texts: Iterable[str]) -> dict[str, tuple[Row, str]]:
    """Return, by its id in the engine, each record that the paths `texts` go through, and where a relationship starts."""
    rids = sorted({rid for text in texts for rid in _RID.findall(text)})
    if not rids:
        return {}
    listed = f"[{', '.join(rids)}]"
    ends = db.query("sql", f"SELECT @rid AS r, @type AS t, @out AS o FROM {listed}").to_list()  # noqa: S608 - ids of the engine
    about = {str(row["r"]): (str(row["t"]), str(row["o"])) for row in ends}
    return {
        row.get_rid(): (_record(about[row.get_rid()][0], row.to_dict()), about[row.get_rid()][1])
        for row in db.query("sql", f"SELECT FROM {listed}")
    }


def _value(value: Any, texts: set[str], records: Mapping[str, tuple[Row, str]]) -> Any:
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return _path(value, records) if value in texts else str(value)
    if isinstance(value, dict):
        plain = {str(k): _value(v, texts, records) for k, v in value.items() if k not in ("@rid", "@type")}
        return _record(value["@type"], plain) if "@type" in value and "@rid" in value else plain
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(item, texts, records) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _record(type_: str, properties: Mapping[str, Any]) -> Row:
    ordered = dict(sorted(properties.items()))
    if type_ in schema.RELATIONS:
        return {"type": type_, "properties": ordered}
    return {"labels": sorted(type_.split("~")), "properties": ordered}


def _path(text: str, records: Mapping[str, tuple[Row, str]]) -> list[Row]:
    rids = _RID.findall(text)
    steps: list[Row] = []
    for before, rid in zip(("", *rids), rids, strict=False):
        record, start = records[rid]
        # The text draws every arrow along the path, whichever way the relationship points.
        steps.append({"type": record["type"], "forward": start == before, **record} if "type" in record else record)
    return steps


# -- errors


def _query_error(error: Exception, timeout_s: float) -> KgError:
    """Return what `error` of the engine means to a user, by the class that the engine gave it."""
    chain = getattr(error, "java_chain", None) or [("", str(error))]
    kind, message = str(chain[0][0]).rsplit(".", 1)[-1], _one_line(str(chain[0][1]))
    known = {
        "QueryNotIdempotentException": "the statement writes, or calls a procedure that may write: only reading is allowed",
        "TimeoutException": f"the statement took longer than {timeout_s:g} s and was stopped: make it more selective",
        "SecurityException": "LOAD CSV is switched off: a query reads the graph alone",
        "HeapLimitExceededException": "the statement collects too much to hold in memory: make it more selective",
        "CommandParameterMissingException": f"a parameter of the statement has no value: {message}",
    }
    return QueryError(known.get(kind, f"the embedded database refuses the statement: {message}"))


def _one_line(text: str) -> str:
    """Return the first line that says something, without the names of Java classes."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), text.strip())
    return re.sub(r"\b(?:[a-z_]\w*\.){2,}([A-Z]\w*)", r"\1", first)[:_LONGEST_MESSAGE]
