"""The errors a user of kg can meet.

    KgError                     anything below; the command line prints it as one line and leaves with its exit status
    ├── SourceError             a source cannot be read: missing, empty, unknown format, broken encoding, cut archive
    ├── LibraryError            the library file is missing, is no library, is locked, or the disk is full
    ├── ModelError              the extraction model is missing or damaged
    ├── UnknownConcept          no concept of that name; carries suggestions
    ├── UnknownPaper            no paper of that id or title; carries suggestions
    ├── SchemaError             something is not in the graph's schema, or does not fit its text
    ├── QueryError              an unknown query, a wrong parameter, or Cypher that the store refuses
    ├── StoreError              a graph store cannot be opened or reached
    │   └── AuthError           the server refuses the user name or password
    ├── OutputError             a file cannot be written, or its format is unknown
    └── MissingExtra            an optional part is not installed; says what to install

A message says what was found, what was expected and what to do next, in one line.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AuthError",
    "KgError",
    "LibraryError",
    "MissingExtra",
    "ModelError",
    "OutputError",
    "QueryError",
    "SchemaError",
    "SourceError",
    "StoreError",
    "UnknownConcept",
    "UnknownPaper",
]


class KgError(Exception):
    """Base of all errors that are the user's to mend. `exit_code` is the exit status of the command."""

    exit_code = 1


class SourceError(KgError):
    """A source file cannot be read as papers."""


class LibraryError(KgError):
    """The library file cannot be opened, read or written."""


class ModelError(KgError):
    """The extraction model is missing, damaged or of another version."""


class _Unknown(KgError):
    noun = "thing"
    listing = ""

    def __init__(self, name: str, suggestions: Sequence[str] = ()) -> None:
        self.name = name
        self.suggestions = tuple(suggestions)
        closest = f"; closest: {', '.join(repr(s) for s in self.suggestions)}" if self.suggestions else ""
        super().__init__(f"no {self.noun} {name!r}{closest}. List all: {self.listing}")


class UnknownConcept(_Unknown):
    """No concept has that id, name or alias."""

    noun = "concept"
    listing = "kg concepts"


class UnknownPaper(_Unknown):
    """No paper has that id or title."""

    noun = "paper"
    listing = "kg papers"


class SchemaError(KgError):
    """A label, type, property or span is not what `kg.schema` and the texts say: another version, or damage."""


class QueryError(KgError):
    """A query is unknown, its parameters are wrong, or the store refuses it."""


class StoreError(KgError):
    """A graph store cannot be opened, reached or written."""


class AuthError(StoreError):
    """The server refuses the user name or the password."""


class OutputError(KgError):
    """An output file cannot be written, or its format is unknown."""


class MissingExtra(KgError):
    """An optional dependency is not installed."""
