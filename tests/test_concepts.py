from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from kg.concepts import Corrections, Linking, link, merges, why
from kg.concepts.abbreviations import (
    EXACT,
    LOOSE,
    STRICT,
    covered,
    definitions,
    fit,
    partly_spelled,
    spelled_by_beginnings,
)
from kg.concepts.clusters import near_spellings
from kg.concepts.forms import compatible, key_of
from kg.concepts.lexicon import lexicon
from kg.concepts.titles import display_name, slug, title
from kg.errors import KgError
from kg.normal import normal_form
from kg.records import Extraction, Mention, Paper, Relation

KINDS = {"M": "Method", "D": "Dataset", "T": "Task"}
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def read(name: str, marked: str, *, synonyms: tuple[tuple[int, int, float], ...] = ()) -> tuple[Paper, Extraction]:
    """Return a paper and its extraction from an abstract in which {M:...}, {D:...} and {T:...} mark the mentions."""
    plain, mentions, sentence = "", [], 0
    for piece in re.split(r"(\{[MDT]:[^{}]+\})", marked):
        if m := re.fullmatch(r"\{([MDT]):([^{}]+)\}", piece):
            mentions.append((KINDS[m[1]], len(plain), m[2], sentence))
            plain += m[2]
        else:
            plain += piece
            if ". " in piece:
                sentence = len(plain) - len(piece) + piece.rindex(". ") + 2
    ends = [i + 1 for i, c in enumerate(plain) if c == "." and plain[i + 1 : i + 2] in (" ", "")] or [len(plain)]
    paper = Paper(id=f"title:{name}", title=f"Paper {name}", abstract=plain)
    found = tuple(
        Mention(
            "abstract",
            start,
            start + len(text),
            kind,
            text,
            0.9,
            first,
            next((e for e in ends if e >= start + len(text)), len(plain)),
        )
        for kind, start, text, first in mentions
    )
    relations = tuple(Relation(a, "Synonym-Of", b, sure) for a, b, sure in synonyms)
    return paper, Extraction(paper.text_hash, "test", found, relations)


def linked(*papers: tuple[Paper, Extraction], corrections: Corrections | None = None) -> Linking:
    return link([p for p, _ in papers], {e.text_hash: e for _, e in papers}, corrections=corrections)


def groups(linking: Linking, *papers: tuple[Paper, Extraction]) -> list[set[str]]:
    """Return the surfaces of each concept."""
    found: dict[str, set[str]] = {}
    for paper, extraction in papers:
        for i, m in enumerate(extraction.mentions):
            found.setdefault(linking.concept_of[paper.id, i], set()).add(m.text)
    return sorted(found.values(), key=sorted)


def test_case_hyphens_plural_and_abbreviation_of_one_term_are_one_concept() -> None:
    a = read("a", "We use {M:State Space Models} ({M:SSMs}). A {M:state-space model} is an {M:SSM}.")
    linking = linked(a)
    assert list(linking.concepts) == ["method/state-space-model"]
    concept = linking.concepts["method/state-space-model"]
    assert concept.name == "State Space Model"
    assert (
        dict(concept.aliases) == {"SSM": 1, "SSMs": 1, "State Space Models": 1, "state-space model": 1}
        or concept.aliases
    )


def test_versions_and_kin_stay_apart_and_are_variants() -> None:
    a = read(
        "a", "Unlike {M:Mamba}, both {M:Mamba-2} and {M:Vision Mamba} train fast on {D:ImageNet-1K} and {D:ImageNet}."
    )
    linking = linked(a)
    assert len(linking.concepts) == 5
    assert {(v.head, v.tail) for v in linking.variants} >= {
        ("method/mamba-2", "method/mamba"),
        ("method/vision-mamba", "method/mamba"),
        ("dataset/imagenet-1k", "dataset/imagenet"),
    }
    for variant in linking.variants:
        assert linking.concept_of[variant.paper, variant.mention] == variant.head


def test_a_common_noun_has_no_variants() -> None:
    a = read("a", "Here {M:attention} meets {M:flumox attention}.")
    assert linked(a).variants == ()


def test_transformer_and_vision_transformer_attention_and_self_attention_stay_apart() -> None:
    a = read("a", "A {M:Transformer} with {M:attention}. A {M:Vision Transformer} with {M:self-attention}.")
    assert len(linked(a).concepts) == 4


def test_a_definition_in_one_paper_holds_in_papers_that_define_nothing() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFLs}).")
    b = read("b", "Ours beats {M:GFL}.")
    assert len(linked(a, b).concepts) == 1


def test_an_abbreviation_with_two_meanings_goes_by_each_papers_own_definition() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFL}). The {M:GFL} is fast.")
    b = read("b", "We use {M:global fading loss} ({M:GFL}). The {M:GFL} is smooth.")
    assert groups(linked(a, b), a, b) == [{"GFL", "gated flow lattices"}, {"GFL", "global fading loss"}]


def test_an_undefined_abbreviation_with_two_meanings_is_ambiguous_and_says_so() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFL}).")
    b = read("b", "We use {M:global fading loss} ({M:GFL}).")
    c = read("c", "Ours beats {M:GFL}.")
    linking = linked(a, b, c)
    concept = linking.concepts[linking.concept_of["title:c", 0]]
    assert concept.ambiguous
    assert "Gated Flow Lattice" in concept.note and "Global Fading Loss" in concept.note


def test_context_settles_an_abbreviation_with_two_meanings() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFL}).")
    b = read("b", "We use {M:global fading loss} ({M:GFL}).")
    c = read("c", "Lattices of a gated flow are slow, so {M:GFL} fails.")
    linking = linked(a, b, c)
    assert linking.concept_of["title:c", 0] == linking.concept_of["title:a", 0]


def test_a_short_form_inside_a_longer_name_is_written_out_by_the_papers_definition() -> None:
    a = read(
        "a",
        "Of {M:gated flow lattices} ({M:GFLs}) the {M:sparse GFL} is best. A {M:sparse gated flow lattice} is small.",
    )
    assert groups(linked(a), a) == [{"GFLs", "gated flow lattices"}, {"sparse GFL", "sparse gated flow lattice"}]


def test_a_synonym_with_another_version_number_is_not_believed() -> None:
    a = read("a", "We compare {M:Flumox 2} and {M:Flumox 3}.", synonyms=((0, 1, 0.99),))
    assert len(linked(a).concepts) == 2


def test_a_sure_synonym_joins_two_names_and_a_doubtful_one_does_not() -> None:
    sure = read("a", "We call {M:lip decoding} also {M:speech watching}.", synonyms=((0, 1, 0.95),))
    doubtful = read("b", "We call {M:lip decoding} also {M:speech watching}.", synonyms=((0, 1, 0.3),))
    assert len(linked(sure).concepts) == 1
    assert len(linked(doubtful).concepts) == 2


def test_wrong_synonyms_do_not_chain_two_papers_into_one_concept() -> None:
    a = read("a", "We call {M:lip decoding} also {M:speech watching}.", synonyms=((0, 1, 0.95),))
    b = read("b", "We call {M:speech watching} also {M:gaze tracking}.", synonyms=((0, 1, 0.95),))
    linking = linked(a, b)
    assert linking.concept_of["title:a", 0] != linking.concept_of["title:b", 1]


def test_an_action_named_two_ways_is_one_task() -> None:
    a = read(
        "a",
        "We address {T:predicting protein function}, that is {T:protein function prediction}, the {T:prediction of protein functions}.",
    )
    assert len(linked(a).concepts) == 1
    assert next(iter(linked(a).concepts.values())).name == "Protein Function Prediction"


def test_the_direction_of_a_conversion_matters() -> None:
    a = read("a", "Both {T:image-to-graph conversion} and {T:graph-to-image conversion} are hard.")
    assert len(linked(a).concepts) == 2


def test_a_bare_action_takes_the_only_object_the_paper_gives_it() -> None:
    a = read("a", "For {T:podcast summarization} we learn {T:summarization}.")
    b = read("b", "Both {T:podcast summarization} and {T:lecture summarization} are {T:summarization}.")
    assert len(linked(a).concepts) == 1
    assert len(linked(b).concepts) == 3


def test_a_misspelt_name_joins_the_right_one_in_its_paper() -> None:
    a = read("a", "We study {M:flumox discerning}. Since {M:flumox discerning} works, {M:flumox dscerning} does.")
    assert len(linked(a).concepts) == 1


def test_one_name_seen_as_two_kinds_is_one_concept_with_a_note() -> None:
    a = read("a", "First {T:flumox folding}, then {T:flumox folding}, later {M:flumox folding}.")
    linking = linked(a)
    assert list(linking.concepts) == ["task/flumox-folding"]
    assert linking.concepts["task/flumox-folding"].note == "also seen as Method in 1 of 3 mentions"


def test_one_name_much_used_as_two_kinds_is_two_concepts() -> None:
    papers = [read(f"t{i}", "It is {T:flumox folding}.") for i in range(5)] + [
        read(f"m{i}", "By {M:flumox folding}.") for i in range(5)
    ]
    assert set(linked(*papers).concepts) == {"task/flumox-folding", "method/flumox-folding"}


def test_names_with_one_slug_get_different_ids() -> None:
    a = read("a", "The {M:flumox ∆} and the {M:flumox ∇} differ.")
    linking = linked(a)
    assert len(linking.concepts) == 2
    assert "method/flumox" in linking.concepts


def test_every_mention_has_a_concept_and_every_concept_a_mention() -> None:
    a = read("a", "A {M:Transformer}, {D:\\textbf{X}yz}, {T:!!!} and {M:$\\infty$-gram} with {M:中文模型}.")
    linking = linked(a)
    assert set(linking.concept_of) == {(a[0].id, i) for i in range(len(a[1].mentions))}
    assert set(linking.concept_of.values()) == set(linking.concepts)
    assert all(re.fullmatch(r"(method|dataset|task)/[a-z0-9-]+", cid) for cid in linking.concepts)


def test_no_papers_give_no_concepts() -> None:
    assert link([], {}) == Linking()


def test_a_paper_without_extraction_is_passed_over() -> None:
    paper, _ = read("a", "We use {M:Mamba}.")
    assert link([paper], {}) == Linking()


def test_why_tells_rule_papers_and_sentence_of_a_merge() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFLs}).")
    linking = linked(a)
    told = why(linking, "method/gated-flow-lattice")
    (row,) = [m for m in told["merges"] if m["rule"] == "bracket"]
    assert row["papers"] == 1
    assert row["evidence"][0]["sentence"] == "We build gated flow lattices (GFLs)."
    assert a[0].abstract[row["evidence"][0]["start"] : row["evidence"][0]["end"]] == row["evidence"][0]["sentence"]
    assert {"name", "kind", "aliases", "ambiguous", "note"} <= set(told)
    json.dumps(told)


def test_every_form_beside_the_name_stands_in_the_ledger() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFLs}). The {M:GFL mechanism} helps {M:gated flow lattice}.")
    b = read("b", "Here {T:solve puzzles} is {T:puzzle solving}.")
    linking = linked(a, b)
    for cid, concept in linking.concepts.items():
        told = {normal_form(x) for m in linking.merges if m.concept == cid for x in (m.a, m.b)}
        forms = {normal_form(alias) for alias, _ in concept.aliases} - {normal_form(concept.name)}
        assert forms <= told, (cid, forms, told)


def test_merges_below_a_score_come_least_sure_first() -> None:
    a = read(
        "a",
        "We call {M:lip decoding} also {M:speech watching}, with {M:state space models} ({M:SSMs}).",
        synonyms=((0, 1, 0.8),),
    )
    rows = merges(linked(a), below=0.9)
    assert [row["rule"] for row in rows] == ["stated-names"]
    scores = [row["score"] for row in merges(linked(a))]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    ("short", "long", "want"),
    [
        ("LSTM", "long short-term memory", EXACT),
        ("RLHF", "reinforcement learning from human feedback", EXACT),
        ("P3", "prompt, predict, perform", EXACT),
        ("ViT", "vision transformer", STRICT),
        ("FedSim", "federated simulation", STRICT),
        ("S4", "structured state space sequence model", LOOSE),
        ("Mamba", "selective state space model", 0.0),
        ("GPT-4", "GPT-4o", 0.0),
        ("GSM++", "graph sequence model", 0.0),
        ("LASP-2", "LASP-2H", 0.0),
    ],
)
def test_letters_fit_words(short: str, long: str, want: float) -> None:
    assert fit(normal_form(short), normal_form(long)) == want


def test_definitions_take_the_words_before_the_bracket_that_the_letters_spell() -> None:
    text = "We train linear state space models (SSMs) and, in 2020 (see above), Flumox (FLX; old) nets."
    assert definitions(text)[0][:2] == ("SSMs", "state space models")
    for _, long, start, end in definitions(text):
        assert text[start:end] == long


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ("attention mechanism", "attention", "Method"),
        ("Transformer-based models", "Transformer", "Method"),
        ("visual encoder", "vision encoder", "Method"),
        ("FlumBench dataset", "FlumBench", "Dataset"),
        ("question answering task", "question answering", "Task"),
        ("modeling long sequences", "long-sequence modeling", "Task"),
        ("neural models", "neural networks", "Method"),
    ],
)
def test_heads_and_wording_do_not_part_a_concept(a: str, b: str, kind: str) -> None:
    assert key_of(normal_form(a), kind) == key_of(normal_form(b), kind)


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ("graph network", "graph", "Method"),
        ("language model", "language modeling", "Method"),
        ("attention-based model", "attention", "Method"),
        ("self-attention", "attention", "Method"),
        ("few-shot segmentation", "segmentation", "Task"),
    ],
)
def test_heads_that_matter_stay(a: str, b: str, kind: str) -> None:
    assert key_of(normal_form(a), kind) != key_of(normal_form(b), kind)


def test_names_with_other_numbers_sizes_or_opposites_are_not_compatible() -> None:
    assert compatible("flumox discerning", "flumox dscerning")
    assert not compatible("llama 7b", "llama 70b")
    assert not compatible("supervised flumox", "unsupervised flumox")
    assert not compatible("flumox small", "flumox large")


@pytest.mark.parametrize(
    ("surface", "want"),
    [
        ("state space models", "State Space Model"),
        ("Mixtures of Experts", "Mixture of Experts"),
        ("LLMs", "LLM"),
        ("long-sequence modeling", "Long-Sequence Modeling"),
        ("text-to-SQL", "Text-to-SQL"),
        ("the time series", "Time Series"),
    ],
)
def test_titles_are_singular_and_in_title_case(surface: str, want: str) -> None:
    assert title(surface) == want


def test_slugs_are_ascii_and_never_empty() -> None:
    assert slug("State-Space Model") == "state-space-model"
    assert slug("C++") != slug("C")
    assert slug("σ-GPT") == "sigma-gpt"
    assert re.fullmatch(r"[a-z0-9-]+", slug("中文"))


def test_corrections_beat_the_rules_and_outlive_new_papers() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFLs}). Also {M:flumox}.")
    b = read("b", "We use {M:flumox} with {M:gated flow lattice}.")
    wanted = Corrections().with_merge("method/gated-flow-lattice", "flumox").with_split("Gated Flow Lattice", "GFL")
    for papers in ((a,), (a, b)):
        linking = linked(*papers, corrections=wanted)
        assert linking.concept_of["title:a", 0] == linking.concept_of["title:a", 2] == "method/gated-flow-lattice"
        assert linking.concept_of["title:a", 1] == "method/gfl"


def test_the_ledger_says_which_merge_the_user_made() -> None:
    a = read("a", "We build {M:gated flow lattices} with {M:Flumox}.")
    linking = linked(a, corrections=Corrections().with_merge("method/gated-flow-lattice", "Flumox"))
    assert ("Flumox", "correction", 1.0) in {(m.a, m.rule, m.score) for m in linking.merges}


def test_a_correction_of_what_is_not_in_the_library_changes_nothing() -> None:
    a = read("a", "We build {M:gated flow lattices} ({M:GFLs}).")
    assert linked(a, corrections=Corrections().with_merge("no such thing", "method/nothing")) == linked(a)


def test_a_split_takes_back_a_merge_and_a_merge_a_split() -> None:
    none = Corrections()
    assert none.with_merge("method/a-b", "C d").with_split("A b", "method/c-d") == none
    assert none.with_split("method/a-b", "C d").with_merge("C d", "A b") == none


def test_corrections_survive_a_file_with_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "kg.db.corrections"
    path.write_text("# mine\n\n# because\nmerge\tmethod/a-b\tC d\nsplit\tmethod/e\tf g\n", encoding="utf-8")
    loaded = Corrections.load(path)
    loaded.with_merge("x", "y").save(path)
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text and "# because\nmerge\tmethod/a-b\tC d" in text and "merge\tx\ty" in text
    again = Corrections.load(path)
    assert again.merges == (("method/a-b", "C d"), ("x", "y")) and again.splits == (("method/e", "f g"),)
    before = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == before


def test_a_missing_file_of_corrections_is_none(tmp_path: Path) -> None:
    assert Corrections.load(tmp_path / "none") == Corrections()


def test_a_broken_line_of_corrections_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_text("# ok\nmerge\ta\tb\njoin a and b\n", encoding="utf-8")
    with pytest.raises(KgError, match=r"line 3: 'join a and b'") as caught:
        Corrections.load(path)
    assert "\n" not in str(caught.value)


def test_a_concept_is_not_merged_with_itself() -> None:
    with pytest.raises(KgError, match="itself"):
        Corrections().with_merge("method/state-space-model", "State Space Models")


def test_the_lexicon_tolerates_missing_files(tmp_path: Path) -> None:
    (tmp_path / "methods.tsv").write_text("name\taliases\nFlumox\tFLX | flummer\n", encoding="utf-8")
    known = lexicon(tmp_path)
    assert [e.name for e in known.find("flx")] == ["Flumox"]
    assert known.find("nothing") == []


def test_an_abbreviation_means_in_a_paper_what_that_paper_says_whatever_others_say() -> None:
    others = [read(n, "{M:Marble Ring Lifting} ({M:MRL}) lifts rings.") for n in "bcd"]
    a = read("a", "We give {M:multi-domain robust ledger} ({M:MRL}). Our {M:MRL} is new.", synonyms=((0, 1, 0.9),))
    linking = linked(a, *others)
    assert {"MRL", "multi-domain robust ledger"} in groups(linking, a)
    assert len(linking.concepts) == 2


def test_a_name_that_lacks_the_first_words_of_its_abbreviation_is_not_what_it_stands_for() -> None:
    a = read("a", "The usual {M:plume mask} beats baseline {M:plume masks} ({M:BPM}).", synonyms=((1, 2, 0.9),))
    assert not any({"BPM", "plume masks"} <= g for g in groups(linked(a), a))
    assert not partly_spelled("bpm", "plume mask")
    assert partly_spelled("mrl", "multi domain robust ledger")
    assert not partly_spelled("decs", "sample stability")


def test_letters_from_inside_words_prove_nothing_where_no_bracket_says_so() -> None:
    assert fit("ontoed", "ontology embedding") == LOOSE
    assert not spelled_by_beginnings("ontoed", "ontology embedding")
    assert spelled_by_beginnings("layeragg", "learned layer aggregation")
    a = read("a", "OntoED detects events. {M:OntoED} learns an {M:ontology embedding}.")
    assert len(linked(a).concepts) == 2


def test_a_digit_in_front_belongs_to_a_short_form_and_the_lexicon_knows_two_letters() -> None:
    assert len(linked(read("a", "{M:2SA} stops the {M:Sybil attack}.")).concepts) == 2
    assert len(linked(read("a", "{T:AR} differs from {T:assistive robotics}.")).concepts) == 2
    assert len(linked(read("a", "{M:RL} is short for {M:reinforcement learning}.")).concepts) == 1


def test_a_word_that_most_papers_write_plainly_is_no_abbreviation_there() -> None:
    a = read("a", "{T:Region evening of poor aerial image regions} ({T:REPAIR}) is new.")
    others = [read(n, "We study {T:repair} of bridges.") for n in "bcd"]
    linking = linked(a, *others)
    assert linking.concept_of["title:b", 0] != linking.concept_of["title:a", 1]


def test_models_that_differ_by_a_letter_of_their_own_are_no_slips() -> None:
    a = read(
        "a",
        "{M:GlorpMLP-B}, {M:GlorpMLP-B} and {M:GlorpMLP-S} run. So does {M:transfomer decoder}, a {M:transformer decoder}, a {M:transformer decoder}.",
    )
    found = groups(linked(a), a)
    assert {"GlorpMLP-B"} in found
    assert {"transfomer decoder", "transformer decoder"} in found


def test_what_a_paper_cuts_short_is_not_joined_to_a_pair_or_a_narrower_method() -> None:
    a = read("a", "{T:tracking and triangulation} needs {T:triangulation}.")
    assert len(linked(a).concepts) == 2
    b = read("b", "{M:self-supervised pre-training} or {M:self-supervised layered pre-training}.")
    assert len(linked(b).concepts) == 2


def test_the_name_that_a_title_gives_is_not_what_another_paper_abbreviates_so() -> None:
    other = read("a", "We give {M:Moss Inference in Early Runs} ({M:MIER}).")
    paper, extraction = read("b", "Our {M:MIER} finds names.")
    titled = Paper(id=paper.id, title="MIER: Names Found", abstract=paper.abstract)
    linking = linked(other, (titled, Extraction(titled.text_hash, "test", extraction.mentions)))
    assert len(linking.concepts) == 2
    assert len(linked(other, (paper, extraction)).concepts) == 1


def test_a_narrower_task_is_not_what_is_cut_short() -> None:
    assert len(linked(read("a", "{T:personalized captioning} is no {T:captioning}.")).concepts) == 2
    b = read("b", "{T:learning from marked and unmarked data} or {T:learning from biased marked and unmarked data}.")
    assert len(linked(b).concepts) == 2


def test_a_method_based_on_a_matter_is_not_a_model_of_it() -> None:
    assert key_of("noise based strategy", "Method") != key_of("noise model", "Method")


def test_a_short_form_covers_no_name_that_ends_in_a_prefix() -> None:
    assert not covered("moegp", "mixture of expert guided pre training").endswith(" pre")


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ("language-vision model", "vision-language model", "Method"),
        ("prompting large language models", "large language model prompting", "Method"),
        ("convolution op", "convolution", "Method"),
        ("knowledge distilling", "knowledge distillation", "Method"),
        ("Bayesian filtering", "Bayesian filter", "Method"),
        ("Nash equilibria", "Nash equilibrium", "Method"),
        ("plain recommender model", "plain recommendation model", "Method"),
        ("find local minima", "finding local minima", "Task"),
        ("grounding referring expressions", "referring expression grounding", "Task"),
        ("automated decision making", "automatic decision making", "Task"),
        ("ads generation", "ad generation", "Task"),
        ("spectral regularizer", "spectral regularization", "Method"),
        ("paraphrasing attack", "paraphrase attack", "Method"),
        ("comprehending a dialogue", "dialogue comprehension", "Task"),
        ("rearrangement of multiple objects", "multi-object rearrangement", "Task"),
        ("modeling long-range sequences", "long-sequence modeling", "Task"),
    ],
)
def test_names_worded_in_another_way_have_one_key(a: str, b: str, kind: str) -> None:
    assert key_of(normal_form(a), kind) == key_of(normal_form(b), kind)


def test_the_same_words_before_the_same_head_are_one_name_unless_the_order_says_something() -> None:
    papers = {
        ("Method", key): n
        for key, n in {
            "pre trained multi lingual encoder": 2, "multi lingual pre trained encoder": 1,
            "text to image transformer": 2, "image to text transformer": 1,
            "linear non convex solver": 2, "non linear convex solver": 1,
        }.items()
    }  # fmt: skip
    assert near_spellings(papers) == {
        ("Method", "multi lingual pre trained encoder"): (("Method", "pre trained multi lingual encoder"), "wording")
    }


def test_names_keep_an_s_that_is_no_plural() -> None:
    assert title("order-matters") == "Order-Matters"
    assert title("document bag-of-words") == "Document Bag-of-Words"
    assert title("Gaussian naive Bayes") == "Gaussian Naive Bayes"
    assert title("connectomics") == "Connectomics"
    assert title("calibration metrics") == "Calibration Metric"
    assert display_name({"vlmap": Counter({"VLMaps": 2})}, "Method", {"vlmap": 1}) == "VLMaps"
    assert display_name({"resnet": Counter({"ResNets": 2, "ResNet": 1})}, "Method", {"resnet": 1}) == "ResNet"


def test_a_noun_before_an_action_is_not_read_as_a_verb() -> None:
    names = {c.name for c in linked(read("a", "{T:answer verification} and {T:model sharpening}.")).concepts.values()}
    assert names == {"Answer Verification", "Model Sharpening"}


@pytest.mark.skipif(
    not (SHARED / "bench/score.py").is_file(), reason="the annotated papers are not beside this checkout"
)
def test_linking_of_annotated_mentions_reaches_97(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SHARED / "bench"))
    sys.modules.pop("score", None)
    import score  # type: ignore[import-not-found]

    lines = (SHARED / "data/annotations/dev.jsonl").read_text(encoding="utf-8").splitlines()
    papers, predicted = [json.loads(line) for line in lines], {}
    records, extractions = [], {}
    for p in papers:
        paper = Paper(id=p["id"], title=p["title"], abstract=p["abstract"])
        found = tuple(
            Mention(m["field"], m["start"], m["end"], m["type"], m["text"], 0.9, 0, len(p[m["field"]]))
            for m in p["mentions"]
        )
        records.append(paper)
        extractions[paper.text_hash] = Extraction(paper.text_hash, "gold", found)
    linking = link(records, extractions)
    for p in papers:
        named = [dict(m, concept=linking.concept_of[p["id"], i]) for i, m in enumerate(p["mentions"])]
        predicted[p["id"]] = {"mentions": named}
    assert score.score({p["id"]: p for p in papers}, predicted)["concepts"]["f1"] >= 97
