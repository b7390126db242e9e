"""The merge ledger: every decision that made two forms one concept, and the functions that tell of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kg.concepts.documents import Document
from kg.concepts.forms import strip_heads
from kg.concepts.lexicon import lexicon
from kg.concepts.records import Linking, Merge
from kg.concepts.rules import RULES, SCORES
from kg.concepts.titles import clean
from kg.normal import normal_form
from kg.records import Evidence

if TYPE_CHECKING:
    from kg.concepts.linking import Cluster
    from kg.concepts.resolving import Step

__all__ = ["Said", "merges", "record", "why"]

_MOST_EVIDENCE = 3


class Said:
    """What led forms to forms: the steps by (kind, form, form, rule), with their papers and the mentions that show it."""

    def __init__(self) -> None:
        self.papers: dict[tuple[str, str, str, str], list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
        self.scores: dict[tuple[str, str, str, str], float] = {}

    def add(self, kind: str, steps: Iterable[Step], paper: str) -> None:
        for step in steps:
            key = (kind, step.a, step.b, step.rule)
            known = self.papers[key]
            if not known or known[-1][0] != paper:
                known.append((paper, step.at))
            self.scores[key] = max(step.score, self.scores.get(key, 0.0))


def record(clusters: Mapping[str, Cluster], said: Said, documents: Mapping[str, Document]) -> tuple[Merge, ...]:
    """Return the ledger of all clusters, by concept id, then by the sureness of the merge."""
    by_form: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for kind, a, b, rule in said.papers:
        by_form[kind, a].append((b, rule))
    out: list[Merge] = []
    for cid, cluster in clusters.items():
        out.extend(_of_cluster(cid, cluster, said, by_form, documents))
    return tuple(sorted(out))


def _of_cluster(
    cid: str,
    cluster: Cluster,
    said: Said,
    by_form: Mapping[tuple[str, str], list[tuple[str, str]]],
    documents: Mapping[str, Document],
) -> list[Merge]:
    written: dict[str, Counter[str]] = defaultdict(Counter)
    ends: dict[str, str] = {}
    papers: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, set[str]] = defaultdict(set)
    for unit in cluster.units:
        for surface, n in unit.surfaces.items():
            written[unit.form][clean(surface)] += n
        papers[unit.form] |= unit.papers
        kinds[unit.form].add(unit.kind)
        for (form, rule), _ in sorted(unit.ends.items()):
            ends.setdefault(form, rule)
    name = normal_form(cluster.name)
    if len(written) == 1 and len(written[next(iter(written))]) == 1:
        return []  # one form, written in one way: nothing was merged

    def show(form: str) -> str:
        if form == name:
            return cluster.name
        return min(written[form], key=lambda s: (-written[form][s], s)) if form in written else form

    out: list[Merge] = []
    seen: set[tuple[str, str, str]] = set()
    reached = set(ends)
    todo = [(kind, form) for form in sorted(written) for kind in sorted(kinds[form])]
    for kind, form in todo:
        for b, rule in sorted(by_form.get((kind, form), ())):
            if len(written) == 1:
                break
            if (b not in reached and b not in written) or (form, b, rule) in seen or form == b:
                continue
            seen.add((form, b, rule))
            key = (kind, form, b, rule)
            places = [place for place in said.papers[key] if place[0] in papers[form]]
            if not places:
                continue
            evidence = tuple(e for paper, at in places if at and (e := _evidence(documents[paper], at)))[
                :_MOST_EVIDENCE
            ]
            out.append(Merge(cid, show(form), show(b), rule, round(said.scores[key], 4), len(places), evidence))
            reached.add(b)
    joined = _reached(name, seen)
    for form in sorted({*ends, *written}):
        alone = len(written) == 1 and form not in written  # only a fuller writing of the one form
        if form not in joined and not alone and (form in ends or not any(s[0] == form for s in seen)):
            rule = ends.get(form) or _same_key(form, name, cluster.kind)
            out.append(Merge(cid, show(form), cluster.name, rule, SCORES[rule], len(papers.get(form, ()))))
    for form, surfaces in sorted(written.items()):
        low: Counter[str] = Counter()
        for surface, n in surfaces.items():
            low[surface.casefold()] += n
        top = show(form)
        for surface in sorted(low):
            if surface != top.casefold():
                again = min((s for s in surfaces if s.casefold() == surface), key=lambda s: (-surfaces[s], s))
                out.append(Merge(cid, again, top, "normal-form", SCORES["normal-form"], len(papers[form])))
    return out


def _reached(name: str, steps: Iterable[tuple[str, str, str]]) -> set[str]:
    """Return the forms that steps join to `name`, and `name`."""
    near: dict[str, set[str]] = defaultdict(set)
    for a, b, _ in steps:
        near[a].add(b)
        near[b].add(a)
    found, todo = {name}, [name]
    while todo:
        new = near[todo.pop()] - found
        found |= new
        todo += new
    return found


def _same_key(form: str, name: str, kind: str) -> str:
    """Return the rule by which two normal forms have one key."""
    entry = lexicon().entry(form, kind)
    if entry is not None and normal_form(entry.name) == name:
        return "lexicon"
    if strip_heads(form, kind) == strip_heads(name, kind):
        return "head"
    return "wording"


def _evidence(document: Document, at: tuple[int, ...]) -> Evidence:
    """Return the sentence of the first mention; `head` is the second one's span where it stands in the same sentence."""
    first, other = document.mentions[at[0]], document.mentions[at[-1]]
    text = document.paper.title if first.field == "title" else document.paper.abstract
    together = other is not first and (other.field, other.sentence_start) == (first.field, first.sentence_start)
    return Evidence(
        document.paper.id,
        first.field,
        first.sentence_start,
        first.sentence_end,
        text[first.sentence_start : first.sentence_end],
        min(first.confidence, other.confidence),
        (other.start, other.end) if together else None,
        (first.start, first.end),
    )


def why(linking: Linking, concept_id: str) -> dict[str, Any]:
    """Return how a concept came to be: its name, kind, aliases, note, and the merges behind it, surest first.

    Raises KeyError for an id that `linking` does not have.
    """
    concept = linking.concepts[concept_id]
    found = [m for m in linking.merges if m.concept == concept_id]
    return {
        "id": concept.id,
        "name": concept.name,
        "kind": concept.kind,
        "aliases": [{"form": form, "count": n} for form, n in concept.aliases],
        "ambiguous": concept.ambiguous,
        "note": concept.note,
        "merges": [_row(m) for m in sorted(found, key=lambda m: (-m.score, -m.papers, m))],
        "variants": sorted({v.head for v in linking.variants if v.tail == concept_id}),
        "variant_of": sorted({v.tail for v in linking.variants if v.head == concept_id}),
    }


def merges(linking: Linking, below: float | None = None) -> list[dict[str, Any]]:
    """Return the merges with a score under `below` (all, if None), the least sure first."""
    found = [m for m in linking.merges if below is None or m.score < below]
    return [{"concept": m.concept, **_row(m)} for m in sorted(found, key=lambda m: (m.score, m))]


def _row(merge: Merge) -> dict[str, Any]:
    return {
        "a": merge.a,
        "b": merge.b,
        "rule": merge.rule,
        "meaning": RULES[merge.rule].meaning,
        "score": merge.score,
        "papers": merge.papers,
        "evidence": [e.to_json() for e in merge.evidence],
    }
