"""The nouns that pass between the stages: frozen records, each with a JSON form.

Offsets are half-open code points into one field of one paper. Confidences and role scores lie in [0, 1].
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

__all__ = ["FIELDS", "Evidence", "Extraction", "Mention", "Paper", "Relation", "text_hash"]

FIELDS = ("title", "abstract")


def text_hash(title: str, abstract: str) -> str:
    """Return 32 hexadecimal digits that change when the title or the abstract does."""
    return hashlib.sha256(f"{title}\0{abstract}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source tells of it, or as several sources together do.

    `published` is ISO 8601, as exact as the source: "2023-12-01", "2023-12", "2023", "--07-04" (a month and a day
    without a year) or "". `source_id` is the id that the source itself uses, if any.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    url: str = ""
    venue: str = ""
    keywords: tuple[str, ...] = ()
    upvotes: int | None = None
    arxiv: str = ""
    doi: str = ""
    source_id: str = ""

    @property
    def text_hash(self) -> str:
        return text_hash(self.title, self.abstract)

    def to_json(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of one field that names a concept. `kind` is Method, Dataset or Task.

    `sentence_start` and `sentence_end` bound the sentence around it in the same field. `roles` holds one score for each
    of `schema.ROLES`, in that order: how likely the paper gives that role to the concept named here.
    """

    field: str
    start: int
    end: int
    kind: str
    text: str
    confidence: float
    sentence_start: int
    sentence_end: int
    roles: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that one sentence states between two mentions of the same extraction.

    `head` and `tail` are indices into `Extraction.mentions`; `type` is the SciER name, as in "Used-For".
    """

    head: int
    type: str
    tail: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one model found in one text. `text_hash` names the text (see `Paper.text_hash`), `model` the model's version."""

    text_hash: str
    model: str
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text_hash": self.text_hash,
            "model": self.model,
            "mentions": [
                [m.field, m.start, m.end, m.kind, m.text, m.confidence, m.sentence_start, m.sentence_end, list(m.roles)]
                for m in self.mentions
            ],
            "relations": [[r.head, r.type, r.tail, r.confidence] for r in self.relations],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            text_hash=data["text_hash"],
            model=data["model"],
            mentions=tuple(Mention(*(*row[:8], tuple(row[8]))) for row in data["mentions"]),
            relations=tuple(Relation(*row) for row in data["relations"]),
        )


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """The sentence of a paper that supports an edge.

    `paper`'s `field`, cut at `start:end`, equals `sentence`. `head` and `tail` are the spans, in the same field, that
    name the edge's ends; for an edge from a paper to a concept `head` is None. `confidence` is that of this one statement.
    """

    paper: str
    field: str
    start: int
    end: int
    sentence: str
    confidence: float
    head: tuple[int, int] | None
    tail: tuple[int, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "paper": self.paper,
            "field": self.field,
            "start": self.start,
            "end": self.end,
            "sentence": self.sentence,
            "confidence": self.confidence,
            "head": list(self.head) if self.head else None,
            "tail": list(self.tail),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        head = data["head"]
        return cls(
            data["paper"],
            data["field"],
            data["start"],
            data["end"],
            data["sentence"],
            data["confidence"],
            (head[0], head[1]) if head else None,
            (data["tail"][0], data["tail"][1]),
        )
