"""The lexicon: names, aliases and kinds that are known beforehand, read from the tables in kg/lexicon.

Each table has a header line and the columns name, aliases, is_a, note, parted by tabs; several aliases or parents are
parted by " | ". An alias that stands in several rows is ambiguous, and so merges nothing by itself.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.concepts.forms import key_of
from kg.normal import normal_form, words

__all__ = ["Entry", "Lexicon", "lexicon"]

# What is left of "dense models" without its head names nothing.
_NO_NAME = words("dense sparse deep linear hybrid large small neural generative")
_FOLDER = Path(__file__).resolve().parent.parent / "lexicon"
_FILES = (("Method", "methods.tsv"), ("Dataset", "datasets.tsv"), ("Task", "tasks.tsv"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a concept's name, kind, other names and the names of what it is a kind or variant of."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    is_a: tuple[str, ...] = ()
    note: str = ""


class Lexicon:
    """Entries by normal form: `by_name` one each, `by_alias` one or, where an alias is ambiguous, several."""

    def __init__(self, entries: Iterator[Entry] | tuple[Entry, ...] = ()) -> None:
        self.entries = tuple(entries)
        self.by_name: dict[str, list[Entry]] = {}
        self.by_alias: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self.by_name.setdefault(normal_form(entry.name), []).append(entry)
            for alias in dict.fromkeys(map(normal_form, entry.aliases)):
                self.by_alias.setdefault(alias, []).append(entry)

        self._canonical: dict[tuple[str, str], str | None] = {}
        self._keys: dict[tuple[str, str], set[str]] = {}
        for entry in self.entries:
            for name in (entry.name, *entry.aliases):
                key = key_of(normal_form(name), entry.kind)
                self._keys.setdefault((entry.kind, key), set()).add(normal_form(entry.name))

    def canonical(self, form: str, kind: str) -> str | None:
        """Return the normal form of the one entry that a normal form names, None where none or several do."""
        known = (form, kind)
        if known not in self._canonical:
            found = {normal_form(e.name) for e in self.find(form, kind)}
            self._canonical[known] = found.pop() if len(found) == 1 else None
        return self._canonical[known]

    def entry(self, form: str, kind: str) -> Entry | None:
        """Return the one entry that a normal form names, None where none or several do."""
        name = self.canonical(form, kind)
        if name is None:
            return None
        found = self.by_name[name]
        return next((e for e in found if e.kind == kind), found[0])

    def canonical_key(self, key: str, kind: str) -> str | None:
        """Return the normal form of the one entry of `kind` with a name of this key, None where none or several have."""
        if key in _NO_NAME:
            return None
        found = self._keys.get((kind, key), set())
        return next(iter(found)) if len(found) == 1 else None

    def find(self, form: str, kind: str | None = None) -> list[Entry]:
        """Return the entries that a normal form may mean: by name, else by alias; those of `kind` if there are any."""
        found = self.by_name.get(form) or self.by_alias.get(form) or []
        same = [e for e in found if e.kind == kind]
        return same or found


@lru_cache(maxsize=1)
def lexicon(folder: Path = _FOLDER) -> Lexicon:
    """Return the shipped lexicon, empty where its files are absent."""
    return Lexicon(tuple(e for kind, name in _FILES for e in _rows(folder / name, kind)))


def _rows(path: Path, kind: str) -> Iterator[Entry]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader((x for x in lines if not x.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE):
            name = (row.get("name") or "").strip()
            if name:
                yield Entry(
                    name, kind, _split(row.get("aliases")), _split(row.get("is_a")), (row.get("note") or "").strip()
                )


def _split(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split("|") if part.strip())
