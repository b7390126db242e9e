from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import make, mamba_notes, note, parts

from kg import graph, schema
from kg.concepts import Concept, Linking, Variant
from kg.errors import SchemaError
from kg.records import Extraction, Mention, Relation

SSM = "method/state-space-model"


def edge(g, head, type_, tail):
    return g.edges[head, tail, type_]


def test_assemble_joins_papers_and_concepts_with_the_sentences_that_say_so():
    g = make(mamba_notes())
    stated = edge(g, "method/mamba", "SUBCLASS_OF", SSM)
    assert [e.sentence for e in stated["evidence"]] == ["Mamba belongs to the state space models."]
    assert (stated["confidence"], stated["papers"]) == (0.95, 1)
    assert g.has_edge("title:a", "method/mamba", "INTRODUCES")
    assert g.has_edge("title:b", SSM, "STUDIES")


def test_every_piece_of_evidence_is_a_slice_of_its_papers_text_and_marks_both_ends():
    g = make(mamba_notes())
    for *_, data in g.edges(data=True):
        for e in data["evidence"]:
            text = g.nodes[e.paper][e.field]
            assert text[e.start : e.end] == e.sentence
            assert e.start <= e.tail[0] < e.tail[1] <= e.end
    (piece,) = edge(g, "method/mamba", "SUBCLASS_OF", SSM)["evidence"]
    text = g.nodes["title:a"]["abstract"]
    assert (text[slice(*piece.head)], text[slice(*piece.tail)]) == ("Mamba", "state space models")


def test_the_role_of_a_concept_is_what_its_mentions_vote_for_weighted_by_their_confidence():
    scores = {role: tuple(0.9 if r == role else 0.02 for r in schema.ROLES) for role in schema.ROLES}
    one = note("a", "{Mamba} is here. {Mamba} is there. {Mamba} is gone.")
    votes = [("compares", 0.9), ("uses", 0.5), ("uses", 0.6)]
    mentions = tuple(
        replace(m, roles=scores[role], confidence=c)
        for m, (role, c) in zip(one.extraction.mentions, votes, strict=True)
    )
    g = make([replace(one, extraction=replace(one.extraction, mentions=mentions))])
    assert [t for _, _, t in g.edges(keys=True)] == ["USES"]
    # The surest of its sentences: 0.6 * 0.9.
    assert edge(g, "title:a", "USES", "method/mamba")["confidence"] == 0.54


def test_a_tie_of_roles_goes_to_the_one_that_the_schema_names_first():
    one = note("a", "{Mamba} is here.")
    even = tuple(replace(m, roles=(0.1,) * len(schema.ROLES)) for m in one.extraction.mentions)
    g = make([replace(one, extraction=replace(one.extraction, mentions=even))])
    assert g.has_edge("title:a", "method/mamba", "INTRODUCES")


def test_mentions_without_role_scores_are_mentioned_only():
    one = note("a", "{Mamba} is here.")
    bare = tuple(replace(m, roles=()) for m in one.extraction.mentions)
    g = make([replace(one, extraction=replace(one.extraction, mentions=bare))])
    assert edge(g, "title:a", "MENTIONS", "method/mamba")["confidence"] == 0.9


def test_the_confidence_of_an_edge_is_the_noisy_or_over_papers_of_the_best_statement_in_each():
    notes = [
        note("a", "{Mamba} is an {SSM}. {Mamba} may be an {SSM}.", [("Mamba", "SubClass-Of", "SSM", 0.8)]),
        note("b", "{Mamba} as {SSM} again.", [("Mamba", "SubClass-Of", "SSM", 0.5)]),
    ]
    weaker = Relation(2, "SubClass-Of", 3, 0.6)
    notes[0] = replace(
        notes[0], extraction=replace(notes[0].extraction, relations=(*notes[0].extraction.relations, weaker))
    )
    found = edge(make(notes), "method/mamba", "SUBCLASS_OF", SSM)
    assert found["confidence"] == 0.9  # 1 - (1 - 0.8) * (1 - 0.5)
    assert (found["papers"], len(found["evidence"])) == (2, 3)


def test_no_edge_is_certain():
    notes = [note(f"p{n}", "{Mamba} is an {SSM}.", [("Mamba", "SubClass-Of", "SSM", 0.99)]) for n in range(9)]
    assert edge(make(notes), "method/mamba", "SUBCLASS_OF", SSM)["confidence"] == 0.999


def test_one_sentence_counts_once_however_often_it_names_a_concept():
    g = make([note("a", "{SSMs}, or {state space models}, are here.")])
    assert len(edge(g, "title:a", "USES", SSM)["evidence"]) == 1


def test_stated_synonyms_and_relations_within_one_concept_are_no_edges():
    relations = [("SSMs", "Synonym-Of", "state space models", 0.9), ("state space models", "SubClass-Of", "SSMs", 0.9)]
    g = make([note("a", "{state space models} ({SSMs}) are here.", relations)])
    assert [t for _, _, t in g.edges(keys=True)] == ["USES"]


def test_a_relation_that_the_kinds_of_its_ends_forbid_is_left_out():
    relations = [("long sequences", "SubClass-Of", "Mamba", 0.9), ("Mamba", "Compare-With", "LRA", 0.9)]
    g = make([note("a", "{long sequences} by {Mamba} on {LRA}.", relations)])
    assert {t for _, _, t in g.edges(keys=True)} == {"USES"}


def test_a_comparison_made_both_ways_is_one_edge_in_the_direction_with_more_weight():
    notes = [
        note("a", "{Mamba} beats {RNN}.", [("Mamba", "Compare-With", "RNN", 0.7)]),
        note("b", "{RNN} beats {Mamba}.", [("RNN", "Compare-With", "Mamba", 0.9)]),
    ]
    g = make(notes)
    assert not g.has_edge("method/mamba", "method/rnn")
    joined = edge(g, "method/rnn", "COMPARED_WITH", "method/mamba")
    assert (joined["papers"], joined["confidence"]) == (2, 0.97)
    for e in joined["evidence"]:
        text = g.nodes[e.paper]["abstract"]
        assert (text[slice(*e.head)], text[slice(*e.tail)]) == ("RNN", "Mamba")


def test_a_variant_is_an_edge_with_the_sentence_that_shows_it():
    shown = Variant("method/mamba-2", "method/mamba", "version", "title:a", 0)
    g = make([note("a", "{Mamba-2} follows {Mamba}. {Mamba} was first.")], variants=[shown])
    (piece,) = edge(g, "method/mamba-2", "VARIANT_OF", "method/mamba")["evidence"]
    assert piece.sentence == "Mamba-2 follows Mamba."
    assert (piece.head, piece.tail) == ((0, 7), (16, 21))


def test_a_variant_of_a_concept_that_no_paper_names_is_no_edge():
    shown = Variant("method/mamba-2", "method/mamba", "version", "title:a", 0)
    g = make([note("a", "{Mamba-2} is here.")], variants=[shown])
    assert set(g) == {"title:a", "method/mamba-2"}
    assert g.number_of_edges() == 1


def test_a_concept_says_where_it_was_seen_first_and_how_often():
    g = make(mamba_notes())
    mamba = g.nodes["method/mamba"]
    assert (mamba["papers"], mamba["mentions"], mamba["first_seen"]) == (3, 4, "2023-12-01")
    assert (g.nodes[SSM]["aliases"], g.nodes[SSM]["alias_counts"]) == (("SSMs", "state space models"), (3, 1))
    assert "first_seen" not in make([note("a", "{Mamba}.", published="--07-04")]).nodes["method/mamba"]


def test_a_paper_has_what_is_known_of_it_and_no_empty_properties():
    g = make(mamba_notes())
    assert g.nodes["title:a"]["authors"] == ("Ada Ames", "Bo Berg")
    assert g.nodes["title:a"]["year"] == 2023
    assert "year" not in g.nodes["title:d"] and g.nodes["title:d"]["published"] == "--07-04"
    assert not {"venue", "doi", "upvotes", "keywords"} & g.nodes["title:a"].keys()


def test_a_paper_of_which_nothing_was_extracted_stays_as_a_node():
    papers, extractions, linking = parts(mamba_notes())
    bare = replace(papers[0], id="title:bare", abstract="Nothing of note.")
    assert graph.assemble([*papers, bare], extractions, linking).degree("title:bare") == 0


def test_no_concept_is_without_an_edge():
    papers, extractions, linking = parts(mamba_notes())
    unseen = {**linking.concepts, "method/unseen": Concept("method/unseen", "Unseen", "Method")}
    assert "method/unseen" not in graph.assemble(papers, extractions, replace(linking, concepts=unseen))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"relations": (Relation(0, "Friend-Of", 1, 0.9),)}, "Friend-Of"),
        ({"relations": (Relation(0, "Used-For", 7, 0.9),)}, "relation between mentions"),
        ({"mentions": (Mention("abstract", 0, 5, "Method", "Mamba", 0.9, 0, 999, ()),)}, "does not fit its text"),
        ({"mentions": (Mention("body", 0, 5, "Method", "Mamba", 0.9, 0, 5, ()),)}, "does not fit its text"),
        ({"mentions": (Mention("abstract", 0, 5, "Method", "Mamba", 0.9, 0, 5, (0.5, 0.5)),)}, "2 role scores"),
    ],
)
def test_what_is_not_in_the_schema_is_refused(change, says):
    papers, extractions, linking = parts([note("a", "{Mamba} and {RNN}.")])
    broken = {key: replace(value, **change) for key, value in extractions.items()}
    with pytest.raises(SchemaError, match=says):
        graph.assemble(papers, broken, linking)


def test_a_kind_that_the_schema_does_not_have_is_refused():
    papers, extractions, _ = parts([note("a", "{Mamba}.")])
    linking = Linking({"metric/f1": Concept("metric/f1", "F1", "Metric")}, {("title:a", 0): "metric/f1"})
    with pytest.raises(SchemaError, match="Metric"):
        graph.assemble(papers, extractions, linking)


@given(st.randoms(use_true_random=False))
def test_the_order_of_papers_and_extractions_leaves_no_trace(rng: random.Random):
    papers, extractions, linking = parts(mamba_notes())
    want = graph.to_json(graph.assemble(papers, extractions, linking))
    rng.shuffle(papers)
    shuffled = list(extractions.items())
    rng.shuffle(shuffled)
    concept_of = list(linking.concept_of.items())
    rng.shuffle(concept_of)
    again = graph.assemble(papers, dict(shuffled), replace(linking, concept_of=dict(concept_of)))
    assert json.dumps(graph.to_json(again)) == json.dumps(want)


def test_the_fingerprint_does_not_depend_on_the_order_of_insertion_but_on_every_value():
    g = make(mamba_notes())
    whole = graph.to_json(g)
    turned = graph.from_json({"nodes": whole["nodes"][::-1], "edges": whole["edges"][::-1]})
    assert graph.fingerprint(turned) == graph.fingerprint(g)
    assert len(graph.fingerprint(g)) == 64
    for change in ("name", "edge", "evidence"):
        other = graph.from_json(json.loads(json.dumps(whole)))
        key = ("method/mamba", SSM, "SUBCLASS_OF")
        if change == "name":
            other.nodes["method/mamba"]["name"] = "Mambo"
        elif change == "edge":
            other.edges[key]["confidence"] = 0.5
        else:
            (piece,) = other.edges[key]["evidence"]
            other.edges[key]["evidence"] = (replace(piece, start=piece.start + 1),)
        assert graph.fingerprint(other) != graph.fingerprint(g), change


def test_json_gives_the_same_graph_back():
    g = make(mamba_notes())
    back = graph.from_json(json.loads(json.dumps(graph.to_json(g))))
    assert dict(back.nodes(data=True)) == dict(g.nodes(data=True))
    assert {e[:3]: e[3] for e in back.edges(keys=True, data=True)} == {
        e[:3]: e[3] for e in g.edges(keys=True, data=True)
    }


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d["nodes"][0].update(colour="red"), "colour"),
        (lambda d: d["nodes"].pop(0), "not there"),
        (lambda d: d["edges"][0].__setitem__(2, "LIKES"), "LIKES"),
        (lambda d: d["edges"][0].__setitem__(5, []), "no evidence"),
    ],
)
def test_json_that_is_not_of_the_schema_is_refused(spoil, says):
    data = json.loads(json.dumps(graph.to_json(make(mamba_notes()))))
    spoil(data)
    with pytest.raises(SchemaError, match=says):
        graph.from_json(data)


def test_counts_leave_out_relations_that_do_not_occur():
    assert graph.counts(make(mamba_notes())) == {
        "papers": 4,
        "concepts": {"Method": 3, "Dataset": 1, "Task": 2},
        "relations": {
            "SUBCLASS_OF": 1,
            "EVALUATED_WITH": 1,
            "USED_FOR": 3,
            "COMPARED_WITH": 1,
            "INTRODUCES": 2,
            "USES": 5,
            "STUDIES": 3,
        },
    }


def test_properties_are_those_of_the_schema_and_flat():
    g = make(mamba_notes())
    values = graph.edge_properties(g, "method/mamba", SSM, "SUBCLASS_OF")
    assert list(values) == [p.name for p in schema.EDGE_PROPERTIES]
    assert values["sentences"] == ["Mamba belongs to the state space models."]
    assert (values["starts"], values["ends"]) == ([0], [40])
    node = graph.node_properties(g, "title:a")
    assert list(node) == [p.name for p in schema.PAPER_PROPERTIES if p.name in node]
    assert node["authors"] == ["Ada Ames", "Bo Berg"]


def test_a_relation_over_two_sentences_of_one_field_is_shown_with_both():
    one = note("a", "{Mamba} is here. It is an {SSM}.")
    spanning = replace(one.extraction, relations=(Relation(0, "SubClass-Of", 1, 0.9),))
    (piece,) = edge(make([replace(one, extraction=spanning)]), "method/mamba", "SUBCLASS_OF", SSM)["evidence"]
    assert piece.sentence == "Mamba is here. It is an SSM."


def test_a_relation_between_title_and_abstract_has_no_sentence_and_is_left_out():
    one = note("a", "It is an {SSM}.", title="{Mamba}")
    across = replace(one.extraction, relations=(Relation(0, "SubClass-Of", 1, 0.9),))
    assert not make([replace(one, extraction=across)]).has_edge("method/mamba", SSM)


def test_texts_with_lone_surrogates_have_a_fingerprint():
    g = make([note("a", "{Mamba} \ud800 is here.")])
    assert graph.fingerprint(graph.from_json(json.loads(json.dumps(graph.to_json(g))))) == graph.fingerprint(g)


def test_an_extraction_of_another_text_is_not_used():
    papers, extractions, linking = parts([note("a", "{Mamba} is here.")])
    (found,) = extractions.values()
    assert isinstance(found, Extraction)
    g = graph.assemble([replace(papers[0], abstract="Changed.")], extractions, linking)
    assert g.number_of_edges() == 0
