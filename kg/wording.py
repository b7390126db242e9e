"""The words for relations and roles, as a sentence needs them after the name of a concept."""

from __future__ import annotations

__all__ = ["GROUPS", "ROLE_WORDS", "words"]

# Relation, whether it points away from the concept, and the words before the others, in the order of the report.
GROUPS = (
    ("SUBCLASS_OF", True, "a kind of"),
    ("SUBTASK_OF", True, "a special case of"),
    ("VARIANT_OF", True, "a variant of"),
    ("SUBCLASS_OF", False, "has as kinds"),
    ("SUBTASK_OF", False, "has as special cases"),
    ("VARIANT_OF", False, "has as variants"),
    ("USED_FOR", True, "used for"),
    ("USED_FOR", False, "supported by"),
    ("PART_OF", True, "a part of"),
    ("PART_OF", False, "has as parts"),
    ("BENCHMARK_FOR", True, "a benchmark for"),
    ("BENCHMARK_FOR", False, "measured by"),
    ("TRAINED_WITH", True, "trained on"),
    ("TRAINED_WITH", False, "used to train"),
    ("EVALUATED_WITH", True, "evaluated on"),
    ("EVALUATED_WITH", False, "used to evaluate"),
    ("COMPARED_WITH", True, "compared with"),
)
_WORDS = {(type_, forward): words for type_, forward, words in GROUPS} | {("COMPARED_WITH", False): "compared with"}
# What is used for a task or a dataset does not support it.
_USED_FOR_IT = {"Task": "approached with", "Dataset": "made with"}


def words(kind: str, relation: str, *, forward: bool) -> str:
    """Return the words that lead from a concept of `kind` to another: "a kind of", "evaluated on"."""
    if relation == "USED_FOR" and not forward:
        return _USED_FOR_IT.get(kind, _WORDS[relation, forward])
    return _WORDS.get((relation, forward), relation.lower().replace("_", " "))


ROLE_WORDS = {
    "INTRODUCES": "introduces it",
    "STUDIES": "studies it",
    "USES": "uses it",
    "ADDRESSES": "addresses it",
    "EVALUATES_ON": "evaluates on it",
    "COMPARES": "compares with it",
    "MENTIONS": "mentions it",
}
