"""The user's own merges and splits, in a plain file beside the library.

    # one line each, parted by tabs; lines that start with # are yours to write
    merge	method/s4	method/structured-state-space-model
    split	method/transformer	transformers library

A reference is a concept's id, or its name or an alias. Corrections beat every rule and hold through rebuilds: an id that
is not there any more is looked for by its name among all forms.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from kg.errors import KgError
from kg.files import write_atomic
from kg.normal import normal_form
from kg.schema import KINDS

__all__ = ["Corrections", "reference"]

_HEADER = (
    "# Corrections of concepts, one a line, parted by tabs; they beat every rule and hold through rebuilds.",
    "#   merge<tab>CONCEPT<tab>CONCEPT     the two are one; the first keeps its name",
    "#   split<tab>CONCEPT<tab>FORM        this form of the concept is something else",
)
_KINDS = frozenset(k.lower() for k in KINDS)


def reference(text: str) -> tuple[str, str]:
    """Return the kind ("" if none is said) and the normal form that an id, a name or an alias refers to."""
    kind, slash, rest = text.strip().partition("/")
    if slash and kind.lower() in _KINDS:
        return kind.capitalize(), normal_form(rest.replace("-", " "))
    return "", normal_form(normal_form(text).replace("-", " "))


def _same(a: str, b: str) -> bool:
    x, y = reference(a), reference(b)
    return x[1] == y[1] and (x[0] == y[0] or "" in (x[0], y[0]))


@dataclass(frozen=True, slots=True)
class Corrections:
    """Pairs of references to merge, and (concept, form) pairs to split; `comments` are the user's lines before each."""

    merges: tuple[tuple[str, str], ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    header: tuple[str, ...] = ()
    comments: tuple[tuple[tuple[str, str, str], tuple[str, ...]], ...] = ()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the corrections of a file, none if there is no such file.

        Raises KgError with the number of the first line that is no correction.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeError) as error:
            raise KgError(f"cannot read the corrections in {path}: {error}") from error
        merges: set[tuple[str, str]] = set()
        splits: set[tuple[str, str]] = set()
        comments: dict[tuple[str, str, str], tuple[str, ...]] = {}
        header: list[str] = []
        pending: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("#"):
                pending.append(line.rstrip())
                continue
            if not line.strip():
                if not merges and not splits:
                    header += pending
                    pending = []
                continue
            cells = [c.strip() for c in line.split("\t") if c.strip()]
            if len(cells) != 3 or cells[0] not in ("merge", "split"):
                raise KgError(
                    f"{path}, line {number}: {line.strip()[:80]!r} is no correction; write merge or split, a tab, a concept, "
                    "a tab, and the other concept or the form"
                )
            action, a, b = cells
            (merges if action == "merge" else splits).add((a, b))
            if pending:
                comments[action, a, b] = tuple(pending)
                pending = []
        header = [line for line in header if line not in _HEADER]
        return cls(tuple(sorted(merges)), tuple(sorted(splits)), tuple(header), tuple(sorted(comments.items())))

    def with_merge(self, a: str, b: str) -> Self:
        """Return these corrections, and that `a` and `b` are one: a split that took them apart is taken back.

        Raises KgError when the two are the same, or empty.
        """
        a, b = _checked(a), _checked(b)
        if _same(a, b):
            raise KgError(f"cannot merge {a!r} with itself; name two concepts (list all: kg concepts)")
        undone = {(c, f) for c, f in self.splits if (_same(c, a) and _same(f, b)) or (_same(c, b) and _same(f, a))}
        if undone:
            return self._with(self.merges, set(self.splits) - undone)
        kept = {pair for pair in self.merges if not (_same(pair[0], b) and _same(pair[1], a))}
        return self._with({*kept, (a, b)}, self.splits)

    def with_split(self, concept: str, form: str) -> Self:
        """Return these corrections, and that `form` is no form of `concept`: a merge that put it there is taken back."""
        concept, form = _checked(concept), _checked(form)
        undone = {
            (a, b)
            for a, b in self.merges
            if (_same(a, concept) and _same(b, form)) or (_same(b, concept) and _same(a, form))
        }
        if undone:
            return self._with(set(self.merges) - undone, self.splits)
        return self._with(self.merges, {*self.splits, (concept, form)})

    def _with(self, merges: Iterable[tuple[str, str]], splits: Iterable[tuple[str, str]]) -> Self:
        return replace(self, merges=tuple(sorted(set(merges))), splits=tuple(sorted(set(splits))))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the corrections, sorted, with their comments, and return the path. Raises OutputError."""
        lines = [*_HEADER, *self.header, ""]
        notes = dict(self.comments)
        for action, pairs in (("merge", self.merges), ("split", self.splits)):
            for a, b in pairs:
                lines += [*notes.get((action, a, b), ()), f"{action}\t{a}\t{b}"]
        return write_atomic(path, "\n".join(lines) + "\n")


def _checked(text: str) -> str:
    plain = " ".join(text.split())
    if not plain or plain.startswith("#"):
        raise KgError(f"{text!r} names no concept; use an id, a name or an alias (list all: kg concepts)")
    return plain
