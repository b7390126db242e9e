"""The query library: each file of queries/ is one question in Cypher, and its header says all there is to know of it.

    // Concepts named in the same papers as one concept, most shared papers first.
    //
    // in   concept: concept          concept, as id, name or alias
    // in   limit: integer = 10       most rows to return
    // out  shared: integer           papers that name both
    MATCH (c:Concept {id: $concept}) …

The first lines, up to an empty comment, are the purpose. `in` declares a parameter with its type and, after `=`, its default
as JSON; without a default it must be given. `out` declares a column, in the order of the RETURN. A type is string, integer,
float, boolean, date (a string: 2023-12-01, 2023-12 or 2023), concept or paper (a string: the id), or list<…> of one of these.
So a new file is a new command, and no Python changes.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx

from kg import resources
from kg.errors import KgError, QueryError
from kg.stores import Row, Store

__all__ = ["Column", "Parameter", "Query", "convert", "find", "library", "parse", "run"]

_TYPES = ("string", "integer", "float", "boolean", "date", "concept", "paper")
_NAMED = re.compile(
    r"(?P<name>\w+): (?P<type>[a-z]+(?:<[a-z]+>)?)(?: = (?P<default>\"(?:[^\"\\]|\\.)*\"|\S+))?\s+(?P<meaning>\S.*)"
)
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `in` line. `default` is None for a parameter that must be given (`required`)."""

    name: str
    type: str
    meaning: str
    required: bool = True
    default: Any = None

    def to_json(self) -> Row:
        said = {"name": self.name, "type": self.type, "required": self.required, "meaning": self.meaning}
        return said if self.required else said | {"default": self.default}


@dataclass(frozen=True, slots=True)
class Column:
    """One `out` line."""

    name: str
    type: str
    meaning: str

    def to_json(self) -> Row:
        return {"name": self.name, "type": self.type, "meaning": self.meaning}


@dataclass(frozen=True, slots=True)
class Query:
    """One question: `name` is the file's, `text` the whole file, which is what the database gets."""

    name: str
    purpose: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    text: str

    def to_json(self) -> Row:
        """Return name, purpose, parameters and columns, as `kg query --list --json` prints them."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "parameters": [p.to_json() for p in self.parameters],
            "columns": [c.to_json() for c in self.columns],
        }


def library(folder: Path | None = None) -> list[Query]:
    """Return the queries of `folder` (by default those that come with kg), by name. Raises QueryError for a bad header."""
    return list(_library(folder or resources.folder("queries")))


@cache
def _library(folder: Path) -> tuple[Query, ...]:
    files = sorted(folder.glob("*.cypher"), key=lambda file: file.stem)
    return tuple(parse(file.stem, file.read_text(encoding="utf-8")) for file in files)


def find(name: str, folder: Path | None = None) -> Query:
    """Return the query called `name`, `_` and capitals forgiven. Raises QueryError with close names when there is none."""
    queries = {query.name: query for query in library(folder)}
    wanted = name.strip().lower().replace("_", "-").removesuffix(".cypher")
    if wanted in queries:
        return queries[wanted]
    close = difflib.get_close_matches(wanted, queries, n=3, cutoff=0.5)
    hint = f"; closest: {', '.join(close)}" if close else ""
    raise QueryError(f"no query {name!r}{hint}. List all: kg query --list")


def run(
    store: Store, name: str | Query, params: Mapping[str, Any] | None = None, *, graph: nx.MultiDiGraph | None = None
) -> list[Row]:
    """Return the rows of a query, the columns as its header declares them.

    The values in `params` may be what a person types (all strings): they are converted by `convert`.
    Raises QueryError for an unknown query or a wrong parameter, UnknownConcept or UnknownPaper for a name that `graph`
    does not have, and what the store raises.
    """
    query = find(name) if isinstance(name, str) else name
    rows = store.query(query.text, convert(query, params or {}, graph=graph))
    return [{column.name: row[column.name] for column in query.columns} for row in rows]


def convert(query: Query, params: Mapping[str, Any], *, graph: nx.MultiDiGraph | None = None) -> Row:
    """Return the value of every parameter of `query` in its declared type, defaults filled in.

    With `graph`, a concept or a paper is named as people name it, and becomes its id. Raises QueryError for a parameter
    that the query does not have, lacks, or that is of another type.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in params:
        if name not in known:
            takes = ", ".join(known) or "none"
            raise QueryError(f"query {query.name} has no parameter {name!r}; it takes: {takes}")
    values: Row = {}
    for parameter in query.parameters:
        if params.get(parameter.name) is not None:
            values[parameter.name] = _value(query, parameter, parameter.type, params[parameter.name], graph)
        elif parameter.required:
            raise QueryError(
                f"query {query.name} needs {parameter.name} ({parameter.type}: {parameter.meaning}); "
                f"give it: --{parameter.name.replace('_', '-')} VALUE"
            )
        else:
            values[parameter.name] = parameter.default
    # No query wants a negative number of rows, and the databases word that error each in their own way.
    if isinstance(limit := values.get("limit"), int) and limit < 0:
        raise QueryError(f"query {query.name}: limit is {limit}, expected 0 or more")
    return values


def _value(query: Query, parameter: Parameter, type_: str, given: Any, graph: nx.MultiDiGraph | None) -> Any:
    if type_.startswith("list<"):
        items = given
        if isinstance(given, str):
            items = _json_list(given) if given.lstrip().startswith("[") else [part.strip() for part in given.split(",")]
        if not isinstance(items, list | tuple):
            raise _wrong(query, parameter, type_, given)
        return [_value(query, parameter, type_[5:-1], item, graph) for item in items]
    text = given.strip() if isinstance(given, str) else given
    if type_ == "integer":
        return _integer(query, parameter, text)
    if type_ == "float":
        return _float(query, parameter, text)
    if type_ == "boolean":
        if isinstance(text, bool):
            return text
        if isinstance(text, str) and text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise _wrong(query, parameter, "true or false", given)
    if not isinstance(given, str):
        raise _wrong(query, parameter, type_, given)
    if type_ == "date":
        if not _DATE.fullmatch(text):
            raise _wrong(query, parameter, "a date as 2023-12-01, 2023-12 or 2023", given)
        return text
    if graph is not None and type_ in ("concept", "paper"):
        from kg import naming

        return naming.resolve(graph, text) if type_ == "concept" else naming.resolve_paper(graph, text)
    return given


def _integer(query: Query, parameter: Parameter, text: Any) -> int:
    if isinstance(text, bool) or not isinstance(text, int | str):
        raise _wrong(query, parameter, "a whole number", text)
    try:
        number = int(text)
    except ValueError as error:
        raise _wrong(query, parameter, "a whole number", text) from error
    if not -_INT64 <= number < _INT64:
        raise _wrong(query, parameter, "a whole number of at most 64 bits", text)
    return number


def _float(query: Query, parameter: Parameter, text: Any) -> float:
    try:
        number = math.nan if isinstance(text, bool) else float(text)
    except (TypeError, ValueError) as error:
        raise _wrong(query, parameter, "a number", text) from error
    if not math.isfinite(number):
        raise _wrong(query, parameter, "a number", text)
    return number


def _json_list(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _wrong(query: Query, parameter: Parameter, expected: str, found: Any) -> QueryError:
    return QueryError(f"query {query.name}: {parameter.name} is {found!r}, expected {expected} ({parameter.meaning})")


# -- headers


def parse(name: str, text: str) -> Query:
    """Return the query that the text of a file declares. Raises QueryError that names the file and the line at fault."""
    purpose: list[str] = []
    parameters: list[Parameter] = []
    columns: list[Column] = []
    in_purpose = True
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        said = line.removeprefix("//").strip()
        word, _, rest = said.partition(" ")
        if word == "in" and not in_purpose:
            parameters.append(_parameter(name, rest.strip()))
        elif word == "out" and not in_purpose:
            match = _named(name, rest.strip())
            columns.append(Column(match["name"], match["type"], match["meaning"].strip()))
        elif in_purpose and said:
            purpose.append(said)
        else:
            in_purpose = False
    if not purpose or not columns:
        raise QueryError(
            f"queries/{name}.cypher does not say what it gives: its header needs a purpose and `out` lines"
        )
    for given in ([p.name for p in parameters], [c.name for c in columns]):
        if len(set(given)) < len(given):
            raise QueryError(f"queries/{name}.cypher declares a name twice among {', '.join(given)}")
    return Query(name, " ".join(purpose), tuple(parameters), tuple(columns), text)


def _named(query: str, line: str) -> re.Match[str]:
    match = _NAMED.fullmatch(line)
    if match is None or match["type"].removeprefix("list<").removesuffix(">") not in _TYPES:
        raise QueryError(
            f"queries/{query}.cypher: cannot read the line {line!r}; expected NAME: TYPE = DEFAULT, then its meaning, "
            f"TYPE one of {', '.join(_TYPES)} or list<…> of one"
        )
    return match


def _parameter(query: str, line: str) -> Parameter:
    match = _named(query, line)
    meaning = match["meaning"].strip()
    if match["default"] is None:
        return Parameter(match["name"], match["type"], meaning)
    try:
        default = json.loads(match["default"])
    except ValueError as error:
        raise QueryError(
            f"queries/{query}.cypher: the default {match['default']} of {match['name']} is no JSON value"
        ) from error
    parameter = Parameter(match["name"], match["type"], meaning, required=False, default=default)
    if default is not None:
        try:
            _value(Query(query, "", (), (), ""), parameter, parameter.type, default, None)
        except KgError as error:
            raise QueryError(f"queries/{query}.cypher: the default of {parameter.name} is not of its type") from error
    return parameter
