"""One paper for the records that tell of it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.identifiers import arxiv_of, doi_of, normal_title, title_id
from kg.papers import identify, merge
from kg.records import Paper


def record(title: str = "Paper Cranes", **fields) -> Paper:
    return Paper(id="", title=title, **fields)


@pytest.mark.parametrize(
    ("text", "arxiv"),
    [
        ("2312.00752", "2312.00752"),
        ("2312.00752v2", "2312.00752"),
        ("0704.0001", "0704.0001"),
        ("arXiv:2312.00752v1 [cs.LG]", "2312.00752"),
        ("cs/9901001", "cs/9901001"),
        ("math.GT/0309136v3", "math/0309136"),
        ("http://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001"),
        ("https://arxiv.org/pdf/2312.00752v2.pdf", "2312.00752"),
        ("https://huggingface.co/papers/2312.00752", "2312.00752"),
        ("/papers/2312.00752#community", "2312.00752"),
        ("https://doi.org/10.48550/arXiv.2312.00752", "2312.00752"),
        ("2313.00752", ""),  # there is no month 13
        ("2022.acl-long.5", ""),
        ("10160609", ""),
        ("https://example.org/abs/2312.00752", ""),
        ("", ""),
    ],
)
def test_an_arxiv_identifier_is_found_in_all_its_forms(text, arxiv) -> None:
    assert arxiv_of(text) == arxiv


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.1", "10.1000/abc.1"),
        ("https://doi.org/10.1000/abc.1", "10.1000/abc.1"),
        ("http://dx.doi.org/10.1000%2Fabc.1", "10.1000/abc.1"),
        ("DOI: 10.1000/abc.1.", "10.1000/abc.1"),
        ("10.48550/arXiv.2312.00752", ""),  # an arXiv identifier in disguise
        ("no doi", ""),
    ],
)
def test_a_doi_has_one_form(text, doi) -> None:
    assert doi_of(text) == doi


def test_a_title_is_compared_without_case_accents_and_punctuation() -> None:
    assert normal_title("Schrödinger's Cat: a  Study") == normal_title("SCHRODINGERS CAT - A STUDY")
    assert normal_title("UNet") != normal_title("UNet++")
    assert normal_title("???") == "???"


def test_a_paper_is_named_by_arxiv_then_doi_then_title() -> None:
    assert identify(record(arxiv="2312.00752v1", doi="10.1000/a")).id == "arxiv:2312.00752"
    assert identify(record(doi="https://doi.org/10.1000/A")).id == "doi:10.1000/a"
    assert identify(record()).id == title_id("paper cranes")
    assert title_id("paper cranes") == title_id("Paper-Cranes") == "title:" + sha256(b"papercranes").hexdigest()[:16]
    assert len(identify(record()).id) == len("title:") + 16


def test_identifiers_are_looked_for_in_links_and_in_the_sources_own_id() -> None:
    assert identify(record(url="https://arxiv.org/abs/2312.00752v2")).arxiv == "2312.00752"
    assert identify(record(source_id="2312.00752")).arxiv == "2312.00752"
    assert identify(record(doi="10.48550/arXiv.2312.00752")).doi == ""
    assert identify(record(url="https://doi.org/10.1000/a")).id == "doi:10.1000/a"
    assert identify(record(arxiv="2312.00752")).url == "https://arxiv.org/abs/2312.00752"
    assert identify(record(arxiv="2312.00752", url="https://example.org/p")).url == "https://example.org/p"


def test_records_of_one_arxiv_identifier_are_one_paper_whatever_their_titles() -> None:
    [paper] = merge([record("Cranes, v1", arxiv="2312.00752v1"), record("Cranes", arxiv="2312.00752", doi="10.1000/a")])
    assert (paper.id, paper.doi) == ("arxiv:2312.00752", "10.1000/a")


def test_a_record_without_identifiers_joins_the_one_of_its_title() -> None:
    [paper] = merge([record("PAPER CRANES.", abstract="We fold."), record(arxiv="2312.00752")])
    assert (paper.id, paper.title, paper.abstract) == ("arxiv:2312.00752", "PAPER CRANES.", "We fold.")


def test_a_preprint_and_its_journal_version_are_one_paper() -> None:
    assert [p.id for p in merge([record(arxiv="2312.00752"), record(doi="10.1000/a")])] == ["arxiv:2312.00752"]


def test_one_title_with_two_arxiv_identifiers_is_two_papers() -> None:
    papers = merge([record(arxiv="2312.00752"), record(arxiv="2401.00001"), record(abstract="Which of them?")])
    assert [p.id for p in papers] == ["arxiv:2312.00752", "arxiv:2401.00001", title_id("Paper Cranes")]


def test_one_title_with_two_dois_is_two_papers() -> None:
    assert len(merge([record(doi="10.1000/a"), record(doi="10.1000/b")])) == 2


def test_identifiers_chain() -> None:
    chain = [
        record("A", arxiv="2312.00752"),
        record("B", arxiv="2312.00752", doi="10.1000/a"),
        record("C", doi="10.1000/a"),
    ]
    assert len(merge(chain)) == 1


def test_title_and_abstract_come_from_one_record_the_one_with_the_longest_abstract() -> None:
    [paper] = merge([record("Paper Cranes!", abstract="We fold."), record("Paper cranes", abstract="We fold cranes.")])
    assert (paper.title, paper.abstract) == ("Paper cranes", "We fold cranes.")


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        (["2023", "2023-12-01", "--12-01", ""], "2023-12-01"),
        (["2023-12-05", "2023-12-01"], "2023-12-01"),
        (["2023", "2023-12"], "2023-12"),
        (["--07-04", "2023"], "2023"),
        (["", "--07-04"], "--07-04"),
    ],
)
def test_the_most_exact_date_wins_then_the_earliest(dates, published) -> None:
    assert merge([record(published=date) for date in dates])[0].published == published


def test_other_fields_are_the_fullest() -> None:
    [paper] = merge(
        [
            record(authors=("A. Byron",), upvotes=3, keywords=("a", "b"), venue="NeurIPS", url="https://example.org/x"),
            record(authors=("Ada Byron",), upvotes=12, url="https://arxiv.org/abs/2312.00752", source_id="k"),
        ]
    )
    assert (paper.authors, paper.upvotes, paper.keywords) == (("Ada Byron",), 12, ("a", "b"))
    assert (paper.venue, paper.url, paper.source_id) == ("NeurIPS", "https://arxiv.org/abs/2312.00752", "k")


RECORDS = st.lists(
    st.builds(
        record,
        st.sampled_from(["Cranes", "cranes!", "Kites", "Owls", "KITES"]),
        abstract=st.sampled_from(["", "Short.", "Longer one.", "Longer two."]),
        arxiv=st.sampled_from(["", "", "2312.00752", "2401.00001", "2401.00002"]),
        doi=st.sampled_from(["", "", "10.1000/a", "10.1000/b"]),
        published=st.sampled_from(["", "2023", "2023-12", "2023-12-01", "--12-01", "2024-01-01"]),
        authors=st.sampled_from([(), ("A",), ("B", "C"), ("Ada",)]),
        url=st.sampled_from(["", "https://example.org/a", "https://doi.org/10.1000/c"]),
        upvotes=st.sampled_from([None, 1, 2]),
        source_id=st.sampled_from(["", "a", "b"]),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_and_the_number_of_equal_records_do_not_matter(records, random) -> None:
    merged = merge(records)
    shuffled = records + records[:3]
    random.shuffle(shuffled)
    assert merge(shuffled) == merged
    assert [p.id for p in merged] == sorted({p.id for p in merged})


@settings(max_examples=200, deadline=None)
@given(RECORDS)
def test_merging_merged_papers_changes_nothing(records) -> None:
    merged = merge(records)
    assert merge(merged) == merged
    assert [identify(paper) for paper in merged] == merged


def test_many_records_join_one_by_one() -> None:
    # A chain: each record shares its arXiv identifier with the one before and its DOI with the one after.
    chain = [record(str(i), arxiv=f"2312.{i // 2:05}", doi=f"10.1000/{(i + 1) // 2}") for i in range(2000)]
    assert len(merge(chain)) == 1
    assert len(merge([replace(one, doi="") for one in chain])) == 1000
