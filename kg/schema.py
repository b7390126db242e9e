"""The graph's schema, said once: node labels, relation types, their ends, their properties and what they mean.

The graph, the constraints and tables of the stores, the table in the README and the check of every query come from here.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CONCEPT_PROPERTIES",
    "EDGE_PROPERTIES",
    "KINDS",
    "PAPER_PROPERTIES",
    "RELATIONS",
    "RELATION_OF_ROLE",
    "RELATION_OF_SCIER",
    "ROLES",
    "SCIER_TYPES",
    "SYMMETRIC",
    "SYNONYM",
    "Property",
    "RelationType",
    "allowed",
    "kind_of_id",
]

KINDS = ("Method", "Dataset", "Task")
ROLES = ("introduces", "uses", "addresses", "evaluates_on", "compares", "studies", "mentions")
SYNONYM = "Synonym-Of"  # a stated synonym makes two mentions one concept, so it is no edge
SYMMETRIC = frozenset({"COMPARED_WITH"})


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    type: str  # string, integer, float, boolean, or list<…> of one of these
    meaning: str


@dataclass(frozen=True, slots=True)
class RelationType:
    """`heads` and `tails` are the labels that an edge of this type may join; `scier` is the name in the SciER corpus."""

    name: str
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    meaning: str
    scier: str = ""
    role: str = ""


PAPER_PROPERTIES = (
    Property("id", "string", "arxiv:…, doi:…, else title:…"),
    Property("title", "string", "title as the source has it"),
    Property("abstract", "string", "abstract as the source has it"),
    Property(
        "published", "string", "ISO 8601, as exact as the source: 2023-12-01, 2023-12, 2023, --12-01 without a year"
    ),
    Property("year", "integer", "year of publication, where known"),
    Property("url", "string", "link to the paper"),
    Property("venue", "string", "conference or journal"),
    Property("authors", "list<string>", "authors in order"),
    Property("keywords", "list<string>", "the authors' keywords"),
    Property("upvotes", "integer", "votes on the feed, where known"),
    Property("arxiv", "string", "arXiv identifier without version"),
    Property("doi", "string", "DOI"),
    Property("text_hash", "string", "hash of title and abstract"),
)

CONCEPT_PROPERTIES = (
    Property("id", "string", "kind/slug, as in method/state-space-model"),
    Property("name", "string", "display name, as an encyclopedia would title it"),
    Property("kind", "string", "Method, Dataset or Task; also a label"),
    Property("aliases", "list<string>", "other forms found in the papers, most frequent first"),
    Property("alias_counts", "list<integer>", "how often each alias was found"),
    Property("papers", "integer", "papers that name it"),
    Property("mentions", "integer", "places that name it"),
    Property("first_seen", "string", "earliest dated paper that names it, ISO 8601"),
    Property("ambiguous", "boolean", "a short form whose meaning the texts leave open"),
    Property("note", "string", "what a reader should know, as another kind it is also used as"),
)

EDGE_PROPERTIES = (
    Property("confidence", "float", "how sure the edge is, over all its evidence"),
    Property("papers", "integer", "papers behind it"),
    Property("paper_ids", "list<string>", "paper of each piece of evidence"),
    Property("fields", "list<string>", "title or abstract, for each piece"),
    Property("starts", "list<integer>", "where its sentence starts in that field"),
    Property("ends", "list<integer>", "where its sentence ends, exclusive"),
    Property("sentences", "list<string>", "the sentence itself"),
    Property("confidences", "list<float>", "confidence of each piece"),
)

_ANY = KINDS
RELATIONS: dict[str, RelationType] = {
    r.name: r
    for r in (
        RelationType("PART_OF", ("Method",), ("Method",), "is a component or ingredient of", scier="Part-Of"),
        RelationType("SUBCLASS_OF", ("Method",), ("Method",), "is a kind or instance of", scier="SubClass-Of"),
        RelationType("SUBTASK_OF", ("Task",), ("Task",), "is a special case or part of", scier="SubTask-Of"),
        RelationType("BENCHMARK_FOR", ("Dataset",), ("Task",), "measures or serves", scier="Benchmark-For"),
        RelationType("TRAINED_WITH", ("Method",), ("Dataset",), "was trained on", scier="Trained-With"),
        RelationType("EVALUATED_WITH", ("Method",), ("Dataset",), "was tested on", scier="Evaluated-With"),
        RelationType("USED_FOR", _ANY, _ANY, "is used for, applied to or addresses", scier="Used-For"),
        RelationType("COMPARED_WITH", _ANY, _ANY, "is compared with (from the one favoured)", scier="Compare-With"),
        RelationType("VARIANT_OF", _ANY, _ANY, "is a version or variant of, as its name or a text says"),
        RelationType("INTRODUCES", ("Paper",), _ANY, "names it as its own contribution", role="introduces"),
        RelationType("USES", ("Paper",), _ANY, "builds on it or uses it", role="uses"),
        RelationType("ADDRESSES", ("Paper",), _ANY, "works on this task", role="addresses"),
        RelationType("EVALUATES_ON", ("Paper",), _ANY, "tests or trains on it", role="evaluates_on"),
        RelationType("COMPARES", ("Paper",), _ANY, "measures its contribution against it", role="compares"),
        RelationType("STUDIES", ("Paper",), _ANY, "analyses it", role="studies"),
        RelationType("MENTIONS", ("Paper",), _ANY, "names it in passing", role="mentions"),
    )
}

RELATION_OF_SCIER = {r.scier: r.name for r in RELATIONS.values() if r.scier}
RELATION_OF_ROLE = {r.role: r.name for r in RELATIONS.values() if r.role}
SCIER_TYPES = (*RELATION_OF_SCIER, SYNONYM)


def allowed(relation: str, head: str, tail: str) -> bool:
    """Tell whether an edge of type `relation` may go from label `head` to label `tail` (Paper or a concept's kind)."""
    found = RELATIONS.get(relation)
    if found is None or head not in found.heads or tail not in found.tails:
        return False
    # What is compared, or a variant of another, is of its kind.
    return relation not in ("COMPARED_WITH", "VARIANT_OF") or head == tail


def kind_of_id(concept_id: str) -> str:
    """Return the kind that a concept's id names: "method/mamba" -> "Method"."""
    return concept_id.split("/", 1)[0].capitalize()
