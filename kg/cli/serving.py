"""Commands for Neo4j: sync, and neo4j start, stop and status for a local server."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kg.cli.app import app, command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, open_graph
from kg.cli.output import clean, print_json, progress
from kg.errors import KgError, StoreError

__all__ = ["login", "start", "status", "stop", "sync"]

URI = "bolt://localhost:7687"
Uri = Annotated[str, typer.Option("--uri", envvar="NEO4J_URI", metavar="URI", help="Where the server listens.")]
Username = Annotated[
    str, typer.Option("--username", envvar="NEO4J_USERNAME", metavar="NAME", help="Whom to log in as.")
]
Database = Annotated[str, typer.Option("--database", envvar="NEO4J_DATABASE", metavar="NAME", help="Which database.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="Holds the password; else NEO4J_PASSWORD, else you are asked."
    ),
]


@command(
    "kg sync --dry-run",
    "kg sync --uri bolt://localhost:7687 --password-file password.txt",
    "NEO4J_URI=bolt://localhost:7687 NEO4J_PASSWORD=… kg sync --verify --json",
)
def sync(
    *,
    library: Library = DEFAULT_LIBRARY,
    uri: Uri = URI,
    username: Username = "neo4j",
    database: Database = "neo4j",
    password_file: PasswordFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would change.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read everything back and compare.")] = False,
    as_json: Json = False,
) -> None:
    """Make a Neo4j database equal to the graph.

    Only what changed is written; what is not kg's stays untouched. The password comes from NEO4J_PASSWORD, a file or a
    prompt.
    """
    from kg.stores import neo4j

    g = open_graph(library).graph
    with progress() as report:
        done = neo4j.sync(
            g,
            uri=uri,
            username=username,
            password=password(password_file),
            database=database,
            dry_run=dry_run,
            verify=verify,
            progress=report,
        )
    if as_json:
        print_json(done)
        return
    said = "Would change" if dry_run else "Changed"
    print(
        f"{said} nodes and relationships at {clean(uri)}: {done['created']:,} created, {done['updated']:,} updated, "
        f"{done['deleted']:,} deleted; {done['unchanged']:,} unchanged."
    )


def password(file: Path | None) -> str:
    """Return the password from `file`, the environment or, on a terminal, the user; never from an argument.

    Raises KgError when the file cannot be read, StoreError when there is nowhere to ask.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise KgError(
                f"cannot read the password file {file}: {getattr(error, 'strerror', None) or error}"
            ) from error
    if "NEO4J_PASSWORD" in os.environ:
        return os.environ["NEO4J_PASSWORD"]
    if not sys.stdin.isatty():
        raise StoreError("no password for Neo4j: set NEO4J_PASSWORD or give --password-file FILE")
    return str(typer.prompt("Password for Neo4j", hide_input=True, err=True))


def login() -> tuple[str, str, str, str]:
    """Return URI, user name, password and database as the environment tells them."""
    ask = os.environ.get
    return (
        ask("NEO4J_URI", URI),
        ask("NEO4J_USERNAME", "neo4j"),
        password(None),
        ask("NEO4J_DATABASE", "neo4j"),
    )


servers = typer.Typer(
    name="neo4j",
    help="Run a local Neo4j server (needs a JDK and Maven).",
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="\b\nExamples:\n  kg neo4j start\n  kg neo4j status --json\n  kg neo4j stop",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(servers)

Data = Annotated[
    Path, typer.Option("--data", envvar="KG_NEO4J", metavar="FOLDER", help="Holds its data, log and password.")
]
DATA = Path("kg.neo4j")


@command("kg neo4j start", "kg neo4j start --data ~/neo4j --json", group=servers)
def start(*, data: Data = DATA, as_json: Json = False) -> None:
    """Start the server, assembled from Maven Central the first time; print its URI and password file."""
    from kg import server

    _print_status(server.start(data.expanduser()), as_json)


@command("kg neo4j status", "kg neo4j status --json", group=servers)
def status(*, data: Data = DATA, as_json: Json = False) -> None:
    """Tell whether the server runs, and where."""
    from kg import server

    _print_status(server.status(data.expanduser()), as_json)


@command("kg neo4j stop", "kg neo4j stop --data ~/neo4j", group=servers)
def stop(*, data: Data = DATA, as_json: Json = False) -> None:
    """Stop the server; its data stay."""
    from kg import server

    _print_status(server.stop(data.expanduser()), as_json)


def _print_status(state: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(state)
        return
    print(clean(f"Neo4j {state['version'] or ''} {'runs' if state['running'] else 'does not run'}.".replace("  ", " ")))
    if not state["running"]:
        return
    for name, key in (("URI", "uri"), ("user name", "username"), ("password file", "password_file")):
        print(clean(f"  {name:<14} {state[key]}"))
    print(clean(f"Next: kg sync --uri {state['uri']} --password-file {state['password_file']}"))
