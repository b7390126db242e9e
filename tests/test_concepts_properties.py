"""Linking is a function of the set of papers: order, batches and removed papers leave no trace; corrections hold."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.concepts import Corrections, Linking, link
from kg.records import Extraction, Mention, Paper, Relation

# Few names, close to each other, so that papers agree, differ and contradict each other often.
NAMES = (
    ("Method", "gated flow lattices"),
    ("Method", "gated flow lattice"),
    ("Method", "GFL"),
    ("Method", "GFLs"),
    ("Method", "global fading loss"),
    ("Method", "sparse GFL"),
    ("Method", "flow mechanism"),
    ("Method", "flow"),
    ("Method", "Flumox"),
    ("Method", "Flumox-2"),
    ("Method", "summarization"),
    ("Task", "summarization"),
    ("Task", "podcast summarization"),
    ("Task", "summarizing podcasts"),
    ("Dataset", "FlumBench"),
    ("Dataset", "Flum Bench dataset"),
    ("Dataset", "∆"),
)


@st.composite
def papers(draw: st.DrawFn, name: str) -> tuple[Paper, Extraction]:
    """Return a paper whose abstract is a row of mentions, some of them in brackets, some called synonyms."""
    abstract, mentions = "", []
    for kind, text in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6)):
        bracket = bool(mentions) and draw(st.booleans())
        abstract += " (" if bracket else " and "
        mentions.append(
            Mention(
                "abstract",
                len(abstract),
                len(abstract) + len(text),
                kind,
                text,
                draw(st.sampled_from((0.5, 0.75, 1.0))),
                0,
                10,
            )
        )
        abstract += text + (")" if bracket else "")
    pairs = st.tuples(st.integers(0, len(mentions) - 1), st.integers(0, len(mentions) - 1))
    relations = [Relation(a, "Synonym-Of", b, 0.9) for a, b in draw(st.lists(pairs, max_size=2)) if a != b]
    paper = Paper(id=f"title:{name}", title=name, abstract=abstract)
    return paper, Extraction(paper.text_hash, "test", tuple(mentions), tuple(relations))


@st.composite
def libraries(draw: st.DrawFn) -> tuple[list[Paper], Mapping[str, Extraction]]:
    found = [draw(papers(f"paper {i}")) for i in range(draw(st.integers(1, 6)))]
    return [p for p, _ in found], {e.text_hash: e for _, e in found}


@settings(max_examples=40, deadline=None)
@given(libraries(), st.randoms(use_true_random=False))
def test_the_order_of_papers_leaves_no_trace(
    library: tuple[list[Paper], Mapping[str, Extraction]], rng: object
) -> None:
    found, extractions = library
    mixed = list(found)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    turned = dict(reversed(list(extractions.items())))
    assert link(mixed, turned) == link(found, extractions)


@settings(max_examples=40, deadline=None)
@given(libraries(), st.data())
def test_a_removed_paper_leaves_no_trace(
    library: tuple[list[Paper], Mapping[str, Extraction]], data: st.DataObject
) -> None:
    found, extractions = library
    gone = data.draw(st.sampled_from(found))
    kept = [p for p in found if p.id != gone.id]
    never = {p.text_hash: extractions[p.text_hash] for p in kept}
    link(found, extractions)  # nothing is remembered from it
    assert link(kept, extractions) == link(kept, never)


@settings(max_examples=40, deadline=None)
@given(libraries())
def test_mentions_concepts_and_ledger_fit_together(library: tuple[list[Paper], Mapping[str, Extraction]]) -> None:
    found, extractions = library
    linking = link(found, extractions)
    assert set(linking.concept_of) == {(p.id, i) for p in found for i in range(len(extractions[p.text_hash].mentions))}
    assert set(linking.concept_of.values()) == set(linking.concepts)
    assert all(c.id == cid and cid.startswith(c.kind.lower() + "/") for cid, c in linking.concepts.items())
    assert {m.concept for m in linking.merges} <= set(linking.concepts)
    assert {end for v in linking.variants for end in (v.head, v.tail)} <= set(linking.concepts)
    assert all(0 < m.score <= 1 for m in linking.merges)


def _partition(linking: Linking) -> set[frozenset[tuple[str, int]]]:
    groups: dict[str, set[tuple[str, int]]] = {}
    for mention, cid in linking.concept_of.items():
        groups.setdefault(cid, set()).add(mention)
    return {frozenset(g) for g in groups.values()}


@settings(max_examples=40, deadline=None)
@given(libraries(), st.data())
def test_a_users_merge_makes_one_concept_and_its_split_undoes_it(
    library: tuple[list[Paper], Mapping[str, Extraction]], data: st.DataObject
) -> None:
    found, extractions = library
    before = link(found, extractions)
    if len(before.concepts) < 2:
        return
    a, b = data.draw(st.lists(st.sampled_from(sorted(before.concepts)), min_size=2, max_size=2, unique=True))
    merged = Corrections().with_merge(a, b)
    after = link(found, extractions, corrections=merged)
    joined = {m for m, cid in before.concept_of.items() if cid in (a, b)}
    assert _partition(after) == {g for g in _partition(before) if not g & joined} | {frozenset(joined)}
    assert link(found, extractions, corrections=merged.with_split(a, b)) == before


@settings(max_examples=40, deadline=None)
@given(libraries(), libraries(), st.data())
def test_corrections_hold_when_papers_come_in(
    library: tuple[list[Paper], Mapping[str, Extraction]],
    more: tuple[list[Paper], Mapping[str, Extraction]],
    data: st.DataObject,
) -> None:
    found, extractions = library
    before = link(found, extractions)
    if len(before.concepts) < 2:
        return
    a, b = data.draw(st.lists(st.sampled_from(sorted(before.concepts)), min_size=2, max_size=2, unique=True))
    wanted = Corrections().with_merge(a, b)
    later = [Paper(id=f"{p.id} again", title=f"{p.title} again", abstract=p.abstract) for p in more[0]]
    moved = {new.text_hash: more[1][old.text_hash] for new, old in zip(later, more[0], strict=True)}
    after = link([*found, *later], {**extractions, **moved}, corrections=wanted)
    names = {cid: before.concepts[cid].name for cid in (a, b)}
    shown = {
        after.concept_of[m]
        for m, cid in before.concept_of.items()
        if cid in names and _mention(m, found, extractions).text == names[cid]
    }
    assert len(shown) <= 1


def _mention(where: tuple[str, int], found: list[Paper], extractions: Mapping[str, Extraction]) -> Mention:
    paper = next(p for p in found if p.id == where[0])
    return extractions[paper.text_hash].mentions[where[1]]
