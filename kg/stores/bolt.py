"""The edge to the Neo4j driver: connections, its values as JSON, and its errors as ours, in one table.

Driver 5.26 and later, and 6; servers 5.26 and later. The driver is imported when a connection is wanted.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kg.errors import AuthError, KgError, MissingExtra, QueryError, StoreError
from kg.stores import Row

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["HASH", "Server", "Target", "connect", "errors", "plain"]

HASH = "kg_hash"  # the property by which kg knows what it wrote; never shown
_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_CONNECT_S = 10.0
_RETRY_S = 15.0
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Target:
    """Where a statement goes. `str` of it is fit to be shown: no user name, no password."""

    uri: str
    username: str
    database: str

    def __str__(self) -> str:
        shown = re.sub(r"//[^/@]*@", "//", self.uri)
        return "".join(c for c in shown if c.isprintable())


@contextlib.contextmanager
def connect(target: Target, password: str) -> Iterator[Driver]:
    """Give a driver for `target`, closed afterwards. Raises StoreError for an address of no use and
    when no server answers there, AuthError when it refuses the login."""
    try:
        import neo4j
    except ModuleNotFoundError as error:
        if error.name != "neo4j":
            raise
        raise MissingExtra("the Neo4j driver is not installed: pip install 'neo4j>=5.26,<7'") from error
    _check(target)
    # Without a handler of its own, Python prints the driver's warnings on the terminal; what matters is raised.
    logger = logging.getLogger("neo4j")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    try:
        driver = neo4j.GraphDatabase.driver(
            target.uri,
            auth=(target.username, password),
            connection_timeout=_CONNECT_S,
            connection_acquisition_timeout=2 * _CONNECT_S,
            max_transaction_retry_time=_RETRY_S,
            # An empty or partial database makes correct queries "wrong": unknown labels, types and properties.
            notifications_min_severity="OFF",
            telemetry_disabled=True,
            user_agent="kg",
        )
    except (ValueError, neo4j.exceptions.DriverError) as error:
        raise _ours(error, target, None) from error
    with driver:
        # At once and only once: a transaction would go on asking for its whole time of retries.
        with errors(target, timeout_s=None):
            driver.verify_connectivity()
        yield driver


def _check(target: Target) -> None:
    """Raise StoreError for an address that the driver would not take, or would take in ways of its own."""
    expected = f"expected one as bolt://localhost:7687, with one of {', '.join(_SCHEMES)}"
    try:
        parts = urlsplit(target.uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise StoreError(f"the address {str(target)!r} cannot be read ({error}); {expected}") from error
    if parts.scheme not in _SCHEMES or not host or port == 0:
        raise StoreError(f"the address {str(target)!r} names no Neo4j server; {expected}")
    if parts.username is not None:
        raise StoreError(
            f"the address {target} holds a user name: give it apart, with NEO4J_USERNAME and NEO4J_PASSWORD"
        )


class Server:
    """One session: the rows of a reading statement, and writing, each in a transaction that the driver tries again when
    the server asks for it or its answer is lost.
    """

    def __init__(self, session: Any, *, timeout_s: float) -> None:
        import neo4j

        self._session = session
        self._unit = neo4j.unit_of_work(timeout=timeout_s)

    def read(self, statement: str, params: Row | None = None) -> list[Row]:
        rows: list[Row] = self._session.execute_read(self._unit(lambda tx: tx.run(statement, params or {}).data()))
        return rows

    def write(self, statement: str, params: Row | None = None) -> None:
        self._session.execute_write(self._unit(lambda tx: tx.run(statement, params or {}).consume()))


# -- errors: what the server or the driver raised, by the longest prefix of its code that is here, and what it means

_BY_CODE: dict[str, tuple[type[KgError], str]] = {
    "Neo.ClientError.Security.Unauthorized": (
        AuthError,
        "{target} refuses the user name or the password of {username!r}: set NEO4J_USERNAME and NEO4J_PASSWORD",
    ),
    "Neo.ClientError.Security.AuthenticationRateLimit": (
        AuthError,
        "{target} takes no login of {username!r} for a while, after too many wrong passwords: wait a little, "
        "then set NEO4J_PASSWORD",
    ),
    "Neo.ClientError.Security.CredentialsExpired": (
        AuthError,
        "{target} wants the password of {username!r} changed first: ALTER CURRENT USER SET PASSWORD FROM … TO …",
    ),
    "Neo.ClientError.Security": (AuthError, "{username!r} has not the right to do this at {target}: {message}"),
    "Neo.ClientError.Database.DatabaseNotFound": (
        StoreError,
        "{target} has no database {database!r}: set NEO4J_DATABASE (Community edition has one, neo4j)",
    ),
    "Neo.ClientError.Database": (StoreError, "the database {database!r} at {target} is of no use: {message}"),
    "Neo.ClientError.Schema": (StoreError, "{target} refuses what is written: {message}"),
    "Neo.ClientError.Statement.AccessMode": (QueryError, "the statement writes: only reading is allowed"),
    "Neo.ClientError.Statement.ParameterMissing": (QueryError, "a parameter of the statement has no value: {message}"),
    "Neo.ClientError.Statement": (QueryError, "Neo4j refuses the statement: {message}"),
    "Neo.ClientError.Procedure": (QueryError, "Neo4j refuses the statement: {message}"),
    "Neo.ClientError.Transaction.TransactionTimedOut": (QueryError, "{timeout}"),
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration": (QueryError, "{timeout}"),
    "Neo.TransientError.Transaction.Terminated": (QueryError, "{timeout}"),
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError": (
        QueryError,
        "the statement needs more memory than Neo4j may use: make it more selective",
    ),
    "Neo.ClientError": (QueryError, "Neo4j refuses the statement: {message}"),
    "Neo.TransientError": (StoreError, "{target} cannot do this at the moment: {message}; try again"),
    # What it says of CALL … IN TRANSACTIONS, which has no place in a transaction that reads.
    "Neo.DatabaseError.Transaction.TransactionStartFailed": (QueryError, "Neo4j refuses the statement: {message}"),
    "Neo.DatabaseError.Statement": (QueryError, "Neo4j fails on the statement: {message}"),
    "Neo.DatabaseError": (StoreError, "{target} failed: {message}; its log may tell more"),
    "": (StoreError, "{target}: {message}"),
}
# Those that carry no code, by the name of the class or of one of its bases.
_BY_CLASS: dict[str, str] = {
    "UnsupportedServerProduct": "{target} is no Neo4j: {message}",
    "SessionExpired": "the connection to {target} broke: {message}; try again",
    "ServiceUnavailable": "no Neo4j answers at {target}: start one (kg neo4j start) or set NEO4J_URI",
    "IncompleteCommit": "the connection to {target} broke during a commit; run the command again",
    "ConfigurationError": "the address {target} is of no use: {message}; expected one as bolt://localhost:7687",
    "ValueError": "the address {target} is of no use: {message}; expected one as bolt://localhost:7687",
    "DriverError": "{target}: {message}",
    "OSError": "no Neo4j answers at {target}: {message}",
}


@contextlib.contextmanager
def errors(target: Target, *, timeout_s: float | None) -> Iterator[None]:
    """Raise what the driver raises in the block as StoreError, AuthError or QueryError: one line that names the address."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (Neo4jError, DriverError, OSError) as error:
        raise _ours(error, target, timeout_s) from error


def _ours(error: Exception, target: Target, timeout_s: float | None) -> KgError:
    from neo4j.exceptions import Neo4jError

    # Others have attributes of these names too, and driver 5 warns when they are read.
    code, said = (error.code, error.message) if isinstance(error, Neo4jError) else (None, None)
    if code is not None:
        kind, text = _BY_CODE[max((prefix for prefix in _BY_CODE if code.startswith(prefix)), key=len)]
    else:
        names = [cls.__name__ for cls in type(error).__mro__]
        kind, text = StoreError, next((_BY_CLASS[name] for name in names if name in _BY_CLASS), "{target}: {message}")
    return kind(
        text.format(
            target=target,
            username=target.username,
            database=target.database,
            message=_first_line(str(said or error)),
            timeout=f"the statement took longer than {timeout_s or 0:g} s and was stopped: make it more selective",
        )
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")[:_LONGEST_MESSAGE]


# -- values


def plain(value: Any) -> Any:
    """Return a value of the driver as JSON has it; see `kg.stores.Store` for nodes, relationships and paths."""
    from neo4j.graph import Node, Path, Relationship

    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Node):
        return {"labels": sorted(value.labels), "properties": _properties(value)}
    if isinstance(value, Relationship):
        return {"type": value.type, "properties": _properties(value)}
    if isinstance(value, Path):
        return _path(value.nodes, value.relationships)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "iso_format"):
        return value.iso_format()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def _properties(entity: Any) -> Row:
    return {key: plain(item) for key, item in sorted(entity.items()) if key != HASH}


def _path(nodes: Sequence[Any], links: Sequence[Any]) -> list[Row]:
    steps = [plain(nodes[0])]
    for before, link, after in zip(nodes, links, nodes[1:], strict=False):
        forward = link.start_node.element_id == before.element_id
        steps += [{"type": link.type, "forward": forward, **plain(link)}, plain(after)]
    return steps
