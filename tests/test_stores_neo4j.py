"""What of the Neo4j store needs no server; the rest is in integration/."""

from __future__ import annotations

import socket

import pytest
from neo4j import exceptions

from kg.errors import AuthError, KgError, QueryError, StoreError
from kg.stores import bolt
from kg.stores.neo4j import Neo4jStore, sync

TARGET = bolt.Target("bolt://127.0.0.1:7687", "ada", "neo4j")


def mapped(error, target=TARGET):
    with pytest.raises(KgError) as caught, bolt.errors(target, timeout_s=30):
        raise error
    return caught.value


def server_error(code, message="Something.\nMore of it."):
    hydrate = getattr(exceptions.Neo4jError, "_hydrate_neo4j", None) or exceptions.Neo4jError.hydrate
    return hydrate(code=code, message=message)


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("Neo.ClientError.Security.Unauthorized", AuthError, "refuses the user name or the password of 'ada'"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", AuthError, "too many wrong passwords"),
        ("Neo.ClientError.Security.CredentialsExpired", AuthError, "wants the password of 'ada' changed first"),
        ("Neo.ClientError.Security.Forbidden", AuthError, "has not the right"),
        ("Neo.ClientError.Database.DatabaseNotFound", StoreError, "no database 'neo4j'"),
        ("Neo.ClientError.Schema.ConstraintValidationFailed", StoreError, "refuses what is written: Something."),
        ("Neo.ClientError.Statement.SyntaxError", QueryError, "refuses the statement: Something."),
        ("Neo.ClientError.Statement.AccessMode", QueryError, "only reading"),
        ("Neo.ClientError.Statement.ParameterMissing", QueryError, "has no value"),
        ("Neo.ClientError.Procedure.ProcedureNotFound", QueryError, "refuses the statement"),
        ("Neo.ClientError.Transaction.TransactionTimedOut", QueryError, "longer than 30 s"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", QueryError, "more memory"),
        ("Neo.TransientError.Transaction.DeadlockDetected", StoreError, "try again"),
        ("Neo.DatabaseError.General.UnknownError", StoreError, "its log may tell more"),
        ("Of.No.Known.Kind", StoreError, "Something."),
    ],
)
def test_an_error_of_the_server_means_what_the_table_says(code, kind, says):
    error = mapped(server_error(code))
    assert type(error) is kind and says in str(error) and "\n" not in str(error)


@pytest.mark.parametrize(
    "cls", [exceptions.ServiceUnavailable, exceptions.SessionExpired, exceptions.IncompleteCommit, OSError]
)
def test_a_broken_connection_names_the_address(cls):
    error = mapped(cls("cut"))
    assert type(error) is StoreError and "bolt://127.0.0.1:7687" in str(error)


def test_every_error_of_the_driver_becomes_ours():
    waiting, seen = [exceptions.DriverError], []
    while waiting:
        cls = waiting.pop()
        seen.append(cls)
        waiting += cls.__subclasses__()
    assert len(seen) > 10
    for cls in seen:
        error = cls.__new__(cls)
        error.args = ("said",)
        assert isinstance(mapped(error), StoreError)


def test_a_bug_of_ours_is_not_taken_for_a_fault_of_the_server():
    with pytest.raises(KeyError), bolt.errors(TARGET, timeout_s=1):
        raise KeyError("x")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "localhost",
        "http://localhost:7474",
        "bolt://",
        "bolt://localhost:x",
        "bolt://localhost:99999",
        "file:///etc/passwd",
    ],
)
def test_an_address_of_no_use_is_told_before_anything_is_sent(uri):
    with (
        Neo4jStore(uri, "neo4j", "not-the-password") as store,
        pytest.raises(StoreError, match="expected one as bolt") as caught,
    ):
        store.check()
    assert "not-the-password" not in str(caught.value)


def test_a_password_in_the_address_is_neither_used_nor_shown():
    with Neo4jStore("bolt://ada:hush@localhost:7687", "neo4j", "x") as store, pytest.raises(StoreError) as caught:
        store.check()
    assert "hush" not in str(caught.value) and "NEO4J_PASSWORD" in str(caught.value)


def test_no_password_is_told():
    with Neo4jStore("bolt://localhost:7687", "neo4j", "") as store, pytest.raises(StoreError, match="NEO4J_PASSWORD"):
        store.check()


def test_no_server_gives_one_line_for_queries_and_for_sync():
    import networkx as nx

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else answers there
        uri = f"bolt://127.0.0.1:{taken.getsockname()[1]}"
        with Neo4jStore(uri, "neo4j", "secret") as store, pytest.raises(StoreError, match=f"no Neo4j answers at {uri}"):
            store.query("RETURN 1 AS x")
        with pytest.raises(StoreError, match=f"no Neo4j answers at {uri}"):
            sync(nx.MultiDiGraph(), uri=uri, password="secret")


@pytest.mark.parametrize("statement", ["", "  ", "// only a comment", "/* nor\nhere */ ;"])
def test_an_empty_statement_is_told_without_a_server(statement):
    with Neo4jStore("bolt://192.0.2.1:7687", "neo4j", "x") as store, pytest.raises(QueryError, match="empty"):
        store.query(statement)
