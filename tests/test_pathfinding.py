from __future__ import annotations

import itertools

import pytest
from tiny import make, mamba_notes, note

from kg import pathfinding
from kg.errors import KgError, UnknownConcept

SSM = "method/state-space-model"


def chains(answer):
    return [[p["hops"][0]["from"]["name"], *(h["to"]["name"] for h in p["hops"])] for p in answer["paths"]]


def chain_of(*relations):
    """A graph in which each relation stands in a paper of its own."""
    notes = [
        note(f"p{n}", f"{{{head}}} and {{{tail}}} are here.", [(head, type_, tail, sure)])
        for n, (head, type_, tail, sure) in enumerate(relations)
    ]
    return make(notes)


def test_mamba_reaches_long_sequences_by_state_space_models():
    answer = pathfinding.paths(make(mamba_notes()), "Mamba", "long sequences", k=5)
    assert ["Mamba", "State Space Model", "Long-Sequence Modeling"] in chains(answer)
    assert answer["from"] == {"id": "method/mamba", "name": "Mamba", "kind": "Method"}
    assert answer["through"] == "concepts"


def test_every_hop_has_its_sentence_at_its_place_in_the_paper():
    g = make(mamba_notes())
    for path in pathfinding.paths(g, "Mamba", "long sequences", k=5)["paths"]:
        for hop in path["hops"]:
            assert hop["evidence"]
            for piece in hop["evidence"]:
                assert g.nodes[piece["paper"]][piece["field"]][piece["start"] : piece["end"]] == piece["sentence"]
                assert piece["title"] == g.nodes[piece["paper"]]["title"]


def test_hops_join_up_and_the_weakest_is_the_one_with_the_least_confidence():
    answer = pathfinding.paths(make(mamba_notes()), "Mamba", "long sequences", k=5)
    for path in answer["paths"]:
        for one, two in itertools.pairwise(path["hops"]):
            assert one["to"] == two["from"]
        sure = [hop["confidence"] for hop in path["hops"]]
        assert sure[path["weakest"]] == min(sure)
    (by_ssm,) = [p for p in answer["paths"] if len(p["hops"]) == 2]
    assert (by_ssm["weakest"], by_ssm["hops"][0]["confidence"], by_ssm["hops"][1]["confidence"]) == (1, 0.95, 0.9)


def test_a_hop_against_its_relation_says_so_and_costs_more():
    g = chain_of(("Mamba", "SubClass-Of", "SSM", 0.9))
    (there,) = pathfinding.paths(g, "Mamba", "SSM")["paths"]
    (back,) = pathfinding.paths(g, "SSM", "Mamba")["paths"]
    assert (there["hops"][0]["forward"], back["hops"][0]["forward"]) == (True, False)
    assert there["hops"][0]["relation"] == back["hops"][0]["relation"] == "SUBCLASS_OF"
    assert there["score"] > back["score"]


def test_the_score_of_one_hop_is_its_confidence_less_the_cost_of_a_hop():
    g = chain_of(("Mamba", "SubClass-Of", "SSM", 0.9))
    # exp(-(0.5 - log 0.9)) = 0.9 * exp(-0.5)
    assert pathfinding.paths(g, "Mamba", "SSM")["paths"][0]["score"] == 0.5459


def test_being_a_kind_explains_more_than_a_comparison_and_paths_come_best_first():
    g = chain_of(
        ("Mamba", "Compare-With", "RNN", 0.95),
        ("RNN", "Used-For", "genomics", 0.95),
        ("Mamba", "SubClass-Of", "SSM", 0.9),
        ("SSM", "Used-For", "genomics", 0.9),
    )
    answer = pathfinding.paths(g, "Mamba", "genomics")
    assert chains(answer)[0] == ["Mamba", "State Space Model", "Genomics"]
    scores = [p["score"] for p in answer["paths"]]
    assert scores == sorted(scores, reverse=True)


def test_a_hub_is_no_short_cut():
    others = [("LLM", "Used-For", f"thing {n}", 0.9) for n in range(40)]
    relations = [
        ("Mamba", "SubClass-Of", "LLM", 0.9),
        ("LLM", "Used-For", "genomics", 0.9),
        ("Mamba", "SubClass-Of", "SSM", 0.85),
        ("SSM", "Used-For", "genomics", 0.85),
    ]
    assert chains(pathfinding.paths(chain_of(*relations), "Mamba", "genomics"))[0][1] == "Large Language Model"
    assert chains(pathfinding.paths(chain_of(*relations, *others), "Mamba", "genomics"))[0][1] == "State Space Model"


def test_the_chains_offered_pass_different_concepts():
    # Two cheap detours to X share a hop; the dearer chain by Z is the more telling second.
    g = chain_of(
        ("Mamba", "SubClass-Of", "X", 0.99),
        ("X", "Used-For", "genomics", 0.99),
        ("Mamba", "SubClass-Of", "Y", 0.99),
        ("Y", "SubClass-Of", "X", 0.99),
        ("Mamba", "SubClass-Of", "Z", 0.6),
        ("Z", "Used-For", "genomics", 0.6),
    )
    assert [c[1:-1] for c in chains(pathfinding.paths(g, "Mamba", "genomics", k=2))] == [["X"], ["Z"]]


def test_no_chain_visits_a_concept_twice_or_is_longer_than_allowed():
    g = make(mamba_notes())
    for limit in (1, 2, 3, 4):
        for names in chains(pathfinding.paths(g, "Mamba", "long sequences", max_hops=limit, k=20)):
            assert len(names) == len(set(names)) <= limit + 1


def test_the_search_finds_the_chains_that_trying_all_finds():
    names = [f"N{n}" for n in range(7)]
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    g = chain_of(*((a, "Used-For", b, round(0.55 + 0.02 * n, 2)) for n, (a, b) in enumerate(pairs) if n % 3))
    links = pathfinding._links(g, pathfinding._COSTS, ends=("method/n0", "method/n6"))
    found = list(pathfinding._simple_chains(links, "method/n0", "method/n6", 4))
    inner = [f"method/n{i}" for i in range(1, 6)]
    tried = [("method/n0", *m, "method/n6") for n in range(4) for m in itertools.permutations(inner, n)]
    costs = {
        chain: sum(links[a][b].cost for a, b in itertools.pairwise(chain))
        for chain in tried
        if all(b in links[a] for a, b in itertools.pairwise(chain))
    }
    assert {chain for _, chain in found} == costs.keys()
    assert [cost for cost, _ in found] == pytest.approx(sorted(costs.values()))


def test_without_a_chain_of_relations_shared_papers_join_them():
    answer = pathfinding.paths(make([note("a", "{Mamba} and {RNN} are here.")]), "Mamba", "RNN")
    assert answer["through"] == "papers"
    (path,) = answer["paths"]
    assert [h["to"]["kind"] for h in path["hops"]] == ["Paper", "Method"]
    assert [(h["relation"], h["forward"]) for h in path["hops"]] == [("USES", False), ("USES", True)]
    assert path["hops"][0]["to"]["name"] == "Paper a"


def test_concepts_that_nothing_joins_have_no_path_and_a_note():
    answer = pathfinding.paths(make([note("a", "{Mamba}."), note("b", "{RNN}.")]), "Mamba", "RNN")
    assert answer["paths"] == []
    assert "within 4 hops" in answer["note"]


def test_two_names_of_one_concept_have_no_path_and_a_note():
    answer = pathfinding.paths(make(mamba_notes()), "SSM", "state space models")
    assert answer["paths"] == []
    assert "same concept" in answer["note"]


def test_other_relations_of_the_same_two_are_told_beside_the_hop():
    notes = [
        note("a", "{Mamba} and {SSM}.", [("Mamba", "SubClass-Of", "SSM", 0.9)]),
        note("b", "{SSM} for {Mamba}.", [("SSM", "Part-Of", "Mamba", 0.8)]),
    ]
    (path,) = pathfinding.paths(make(notes), "Mamba", "SSM")["paths"]
    assert path["hops"][0]["also"] == [{"relation": "PART_OF", "forward": False, "confidence": 0.8}]


def test_evidence_comes_surest_first():
    notes = [
        note(n, "{Mamba} and {SSM}.", [("Mamba", "SubClass-Of", "SSM", c)])
        for n, c in (("a", 0.6), ("b", 0.9), ("c", 0.7))
    ]
    rows = pathfinding.evidence(make(notes), "method/mamba", SSM, "SUBCLASS_OF")
    assert [(r["paper"], r["confidence"]) for r in rows] == [("title:b", 0.9), ("title:c", 0.7), ("title:a", 0.6)]


def test_an_unknown_name_or_a_number_out_of_range_is_refused():
    g = make(mamba_notes())
    with pytest.raises(UnknownConcept):
        pathfinding.paths(g, "Mamba", "No Such Concept At All")
    for options in ({"max_hops": 0}, {"max_hops": 99}, {"k": 0}):
        with pytest.raises(KgError, match="expected"):
            pathfinding.paths(g, "Mamba", "SSM", **options)
