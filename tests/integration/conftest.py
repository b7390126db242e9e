"""A real Neo4j for the tests: that of NEO4J_URI, or a Community server started once a session from Maven Central."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Login:
    """What `sync` and `Neo4jStore` are given."""

    uri: str
    username: str
    password: str
    database: str = "neo4j"

    @property
    def options(self) -> dict[str, str]:
        return {"uri": self.uri, "username": self.username, "password": self.password, "database": self.database}


@pytest.fixture(scope="session")
def neo4j_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    """A server that may be emptied. Without one, and without Java and Maven, the tests are skipped; in CI they fail."""
    if os.environ.get("NEO4J_URI"):
        username, password = os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", "")
        yield Login(os.environ["NEO4J_URI"], username, password, os.environ.get("NEO4J_DATABASE", "neo4j"))
        return
    from kg import server

    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        missing("no NEO4J_URI, and no Java to start a server with")
    if not shutil.which("mvn") and not os.environ.get("KG_CACHE"):
        missing("no NEO4J_URI, and no Maven to fetch a server with")
    home = tmp_path_factory.mktemp("neo4j") / "home"
    state = server.start(home)
    try:
        yield Login(state["uri"], state["username"], Path(state["password_file"]).read_text().strip())
    finally:
        server.stop(home)


def missing(reason: str) -> None:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


class Database:
    """The driver itself, to look at the database and to do what other people do there."""

    def __init__(self, driver: Any, database: str) -> None:
        self._driver, self._database = driver, database

    def ask(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        return [r.data() for r in self._driver.execute_query(statement, params, database_=self._database).records]

    def counts(self) -> dict[str, int]:
        """Return the number of nodes of each label and of relationships of each type."""
        labels = self.ask("MATCH (n) UNWIND labels(n) AS what RETURN what, count(*) AS n")
        types = self.ask("MATCH ()-[r]->() RETURN type(r) AS what, count(*) AS n")
        return {row["what"]: row["n"] for row in labels + types}


@pytest.fixture
def database(neo4j_login: Login) -> Iterator[Database]:
    """An empty database, without constraints."""
    import neo4j

    auth = (neo4j_login.username, neo4j_login.password)
    with neo4j.GraphDatabase.driver(neo4j_login.uri, auth=auth, notifications_min_severity="OFF") as driver:
        opened = Database(driver, neo4j_login.database)
        opened.ask("MATCH (n) DETACH DELETE n")
        for row in opened.ask("SHOW CONSTRAINTS YIELD name"):
            opened.ask(f"DROP CONSTRAINT `{row['name']}`")
        yield opened
        opened.ask("MATCH (n) DETACH DELETE n")
