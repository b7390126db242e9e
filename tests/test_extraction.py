"""Extraction with the shipped model: exact offsets whatever the text, the same bytes whatever the workers, spaCy's customs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import ModelError
from kg.extraction import MOST_CHARACTERS, extract, extract_one, model_version, pipeline
from kg.extraction.documents import make_doc
from kg.extraction.model import meta
from kg.records import Extraction, Paper
from kg.schema import KINDS, ROLES, SCIER_TYPES

TITLE = "Zamba-X: A State Space Model for Long-Sequence Modeling"
ABSTRACT = (
    "We propose Zamba-X, a new state space model (SSM) for language modeling. Unlike Transformers, SSMs scale linearly. "
    "Experiments on WikiText-103 and the Long Range Arena (LRA) show that Zamba-X outperforms the Transformer."
)


def paper(title: str = TITLE, abstract: str = ABSTRACT) -> Paper:
    return Paper(id="title:1", title=title, abstract=abstract)


def check(found: Extraction, source: Paper) -> None:
    assert found.text_hash == source.text_hash
    last: tuple[int, int] = (-1, -1)
    for m in found.mentions:
        text = getattr(source, m.field)
        assert text[m.start : m.end] == m.text
        assert m.text and m.text == m.text.strip()
        assert 0 <= m.sentence_start <= m.start < m.end <= m.sentence_end <= len(text)
        assert text[m.sentence_start : m.sentence_end].strip() == text[m.sentence_start : m.sentence_end]
        assert m.kind in KINDS
        assert 0 <= m.confidence <= 1
        assert len(m.roles) == len(ROLES)
        place = (0 if m.field == "title" else 1, m.start)
        assert place > last, "mentions come in the order of the text and do not overlap"
        last = (place[0], m.end - 1)
    for r in found.relations:
        head, tail = found.mentions[r.head], found.mentions[r.tail]
        assert r.type in SCIER_TYPES
        assert (head.field, head.sentence_start) == (tail.field, tail.sentence_start), (
            "a relation stays in its sentence"
        )
        assert r.head != r.tail


def test_a_plain_abstract_gives_its_concepts_relations_and_abbreviations() -> None:
    found = extract_one(paper())
    check(found, paper())
    named = {(m.text, m.kind) for m in found.mentions}
    assert ("Zamba-X", "Method") in named
    assert ("language modeling", "Task") in named
    assert ("WikiText-103", "Dataset") in named
    said = {(found.mentions[r.head].text, r.type, found.mentions[r.tail].text) for r in found.relations}
    assert ("SSM", "Synonym-Of", "state space model") in said
    assert ("Zamba-X", "SubClass-Of", "state space model") in said
    assert ("Zamba-X", "Evaluated-With", "WikiText-103") in said
    roles = {m.text: ROLES[m.roles.index(max(m.roles))] for m in found.mentions}
    assert roles["Zamba-X"] == "introduces"
    assert roles["WikiText-103"] == "evaluates_on"


HOSTILE = {
    "empty": ("", ""),
    "only a title": ("Attention for Trees", ""),
    "only an abstract": ("", "We study attention for trees."),
    "only signs": ("!!!", "... --- ;;; \N{BULLET} \N{BULLET}"),
    "white space": ("  ", "\n\t \r\n"),
    "lone carriage returns": ("A\rTitle", "One line.\rWe use BERT.\rDone."),
    "control characters": ("A\x00Title\x07", "We use\x1b[31m BERT\x00 on SQuAD.\x0c"),
    "a lone surrogate": ("A \ud800 title", "We use BERT \udfff on SQuAD."),
    "no sentence end": ("BERT", "we use BERT on SQuAD and " * 400),
    "another language": ("Модель BERT", "Мы применяем BERT к задаче 文本分类 和 تصنيف النصوص."),
    "one endless word": ("x" * 5000, "y" * 50_000),
    "formulas": (r"$\mathcal{O}(n^2)$", r"We show $\|W\|_2 \le \epsilon$ for {\em BERT} in \textbf{SQuAD}~\cite{x}."),
    "combining marks": ("Cafe\u0301 BERT", "We use BERT\u0301 on e\u0301\u0301\u0301 and \u200dzero width."),
    "emoji": ("🐍 Mamba", "We use Mamba 👩‍🔬 for language modeling 🚀."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_bad_text_neither_crashes_nor_moves_offsets(name: str) -> None:
    source = paper(*HOSTILE[name])
    check(extract_one(source), source)


def test_a_text_of_five_megabytes_is_read_as_far_as_an_abstract_may_go() -> None:
    source = paper("BERT", "We use BERT on SQuAD. " * 230_000)
    assert len(source.abstract) > 5_000_000
    found = extract_one(source)
    check(found, source)
    assert found.mentions
    assert max(m.end for m in found.mentions) <= MOST_CHARACTERS


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_gives_spans_that_fit_it(title: str, abstract: str) -> None:
    source = paper(title, abstract)
    check(extract_one(source), source)


def test_workers_do_not_change_a_byte() -> None:
    sources = [paper(f"{TITLE} {i}", ABSTRACT.replace("Zamba-X", f"Zamba-{i}")) for i in range(20)]
    one = [json.dumps(e.to_json()) for e in extract(sources)]
    two = [json.dumps(e.to_json()) for e in extract(iter(sources), workers=2)]
    assert one == two
    assert len(one) == 20


def test_a_record_of_an_extraction_survives_json() -> None:
    found = extract_one(paper())
    assert Extraction.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_factories_work_in_anyones_pipeline() -> None:
    nlp = spacy.blank("en")
    nlp.tokenizer = spacy.registry.tokenizers.get("kg.tokenizer.v1")()(nlp)
    for name in ("kg_sentences", "kg_mentions", "kg_abbreviations", "kg_relations", "kg_roles"):
        nlp.add_pipe(name)
    doc = nlp("BERT is a language model. It is tested on SQuAD.")
    assert (doc.ents[0].text, doc.ents[0].label_) == ("BERT", "Method")
    assert [s.text for s in doc.spans["kg"]] == [e.text for e in doc.ents]
    assert all(0 <= e._.confidence <= 1 and len(e._.roles) == len(ROLES) for e in doc.ents)
    assert [s.text for s in doc.sents] == ["BERT is a language model.", "It is tested on SQuAD."]
    assert len(list(nlp.pipe(["We use BERT.", "", "We use SQuAD."]))) == 3


def test_the_tokenizer_keeps_the_text() -> None:
    for title, abstract in HOSTILE.values():
        doc, start = make_doc(pipeline(), title, abstract)
        assert len(doc.text) == start + len(abstract)


def test_the_models_version_is_told_without_loading_a_library() -> None:
    code = "import sys, kg.extraction as e; print(e.model_version()); print({'spacy', 'onnxruntime', 'numpy'} & set(sys.modules) or 'none')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[0] == model_version()
    assert "spacy" not in run.stdout and "onnxruntime" not in run.stdout


def test_a_damaged_model_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lacks encoder"):
        meta(str(tmp_path))
    for name in ("encoder.onnx", "heads.npz", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"broken")
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(ModelError, match="not readable as JSON"):
        meta(str(tmp_path))
