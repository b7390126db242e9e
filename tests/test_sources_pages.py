"""Saved pages as text: whatever the layout, the papers on it come back exactly."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import sources
from kg.errors import SourceError
from kg.papers import merge
from kg.records import Paper

SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS = sorted((SHARED / "seeds").glob("*.txt"))
needs_seeds = pytest.mark.skipif(not SEEDS, reason="the saved pages are not beside the checkout")

HEAD = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\nby AK and the research community\n\n"
ABSTRACT = (
    "We fold paper cranes with a robot arm and count how many survive the wind. The arm learns from two hundred videos. "
    "On calm days nine of ten cranes stay whole, which is more than earlier arms reached."
)
OTHER = (
    "Kites are flown by a policy that sees only the string. It was trained in a tunnel and then moved to a beach. "
    "No kite was lost in forty hours of flight, and the policy needs a tenth of the usual data."
)


def read(folder: Path, text: str, name: str = "page.txt") -> list[Paper]:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return list(sources.read(path))


def pairs(papers: list[Paper]) -> list[tuple[str, str]]:
    return [(paper.title, paper.abstract) for paper in papers]


# The real pages


@needs_seeds
def test_saved_pages_give_every_entry_and_no_other() -> None:
    found = [list(sources.read(page)) for page in SEEDS]
    assert [len(papers) for papers in found] == [119, 80, 82, 72]
    everything = [paper for papers in found for paper in papers]
    assert len({paper.title for paper in everything}) == len(merge(everything)) == 282
    assert all(paper.abstract for paper in everything)


@needs_seeds
def test_saved_pages_give_texts_character_for_character() -> None:
    texts = {paper.title: paper.abstract for page in SEEDS for paper in sources.read(page)}
    lines = [
        line
        for name in ("train", "dev")
        for line in (SHARED / "data/annotations" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    known = {paper["title"]: paper["abstract"] for paper in map(json.loads, lines)}
    assert len(known) == 202
    assert {title: texts.get(title) for title in known} == known


@needs_seeds
def test_a_date_without_year_stays_a_month_and_a_day() -> None:
    forms = Counter(paper.published[:2] for paper in sources.read(SEEDS[1]))
    assert forms == {"20": 63, "--": 15, "": 2}


# Invented papers, laid out in the four ways

WORDS = st.sampled_from(
    [
        "graph",
        "neural",
        "memory",
        "sparse",
        "attention",
        "learning",
        "of",
        "for",
        "the",
        "with",
        "towards",
        "Mamba",
        "BERT",
        "state-space",
        "robots",
        "3D",
        "GPT-4",
        "σ-algebra",
        "few-shot",
        "O(n)",
        "data.",
        "sets",
        "naïve",
        "Ωmega",
        "and",
        "on",
    ]
)


@st.composite
def a_title(draw: st.DrawFn) -> str:
    words = [word.strip(".") for word in draw(st.lists(WORDS, min_size=2, max_size=24))]
    if draw(st.booleans()):
        words[0] += ":"
    return (
        words[0][:1].upper() + words[0][1:] + " " + " ".join(words[1:]) + draw(st.sampled_from(["", "", "?", "!"]))
    ).strip()


@st.composite
def an_abstract(draw: st.DrawFn) -> str:
    sentences = []
    for _ in range(draw(st.integers(1, 9))):
        words = draw(st.lists(WORDS, min_size=9, max_size=30))
        sentences.append("We " + " ".join(word.strip(".") for word in words) + ".")
    end = draw(st.sampled_from(["", "", " Code: https://example.org/code", " (See https://example.org/x.)"]))
    return " ".join(sentences) + end


@dataclass(frozen=True)
class Note:
    authors: int
    date: str
    published: str


NOTES = st.builds(
    Note,
    st.integers(1, 99),
    st.just("Jul 4, 2023"),
    st.just("2023-07-04"),
) | st.sampled_from(
    [
        Note(1, "Feb 29", "--02-29"),
        Note(3, "Dec 2, 2023 1", "2023-12-02"),
        Note(12, "Jan 27 2", "--01-27"),
        Note(7, "September 30, 2019", "2019-09-30"),
        Note(20, "May 8", "--05-08"),
    ]
)
ENTRY = st.tuples(a_title(), an_abstract(), st.none() | NOTES)


def dense(entries: list[tuple[str, str, Note | None]]) -> str:
    head = "Get trending papers in your email inbox once a day!\nGet trending papers in your email inbox!\nSubscribe"
    return head + "\n".join(f"{title}\n{abstract}" for title, abstract, _ in entries)


def spaced(entries: list[tuple[str, str, Note | None]]) -> str:
    return HEAD + "\n\n".join(f"{title}\n\n{abstract}" for title, abstract, _ in entries)


def dated(entries: list[tuple[str, str, Note | None]]) -> str:
    return spaced(entries).replace("by AK and the research community", "byAK and the research community\n\nAug 25", 1)


def noted(entries: list[tuple[str, str, Note | None]]) -> str:
    blocks = [
        f"{title}\n\n{abstract}" + (f"\n\n  • {note.authors} authors\n·\n{note.date}" if note else "")
        for title, abstract, note in entries
    ]
    return HEAD.replace("by AK", "byAK") + "Oct 31\n\n" + "\n\n".join(blocks)


@pytest.mark.parametrize("layout", [dense, spaced, dated, noted])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRY, min_size=3, max_size=12), ends=st.sampled_from(["\n", "\r\n", "\r"]))
def test_papers_laid_out_on_a_page_are_read_back(layout, entries, ends, tmp_path) -> None:
    found = read(tmp_path, layout(entries).replace("\n", ends))
    assert pairs(found) == [(title, abstract) for title, abstract, _ in entries]
    if layout is noted:
        assert [paper.published for paper in found] == [note.published if note else "" for *_, note in entries]


# What other pages may hold


def test_an_abstract_of_several_lines_is_one_text(tmp_path) -> None:
    first, second, third = ABSTRACT.split(". ")
    wrapped = f"Cranes in the Wind\n\n{first}.\n{second}.\n{third}\n\nKites on a String\n\n{OTHER}\n"
    assert pairs(read(tmp_path, HEAD + wrapped)) == [("Cranes in the Wind", ABSTRACT), ("Kites on a String", OTHER)]


def test_an_abstract_wrapped_within_sentences_is_one_text(tmp_path) -> None:
    words = ABSTRACT.split()
    lines = [" ".join(words[i : i + 9]) for i in range(0, len(words), 9)]
    for between in ("\n", "\n\n"):
        page = HEAD + f"Cranes in the Wind{between}" + "\n".join(lines) + f"\n\nKites on a String{between}{OTHER}\n"
        assert pairs(read(tmp_path, page)) == [("Cranes in the Wind", ABSTRACT), ("Kites on a String", OTHER)]


def test_a_second_paragraph_belongs_to_the_abstract(tmp_path) -> None:
    page = (
        HEAD
        + f"Cranes in the Wind\n\n{ABSTRACT}\n\nCode is at https://example.org/cranes.\n\nKites on a String\n\n{OTHER}"
    )
    assert pairs(read(tmp_path, page)) == [
        ("Cranes in the Wind", ABSTRACT + " Code is at https://example.org/cranes."),
        ("Kites on a String", OTHER),
    ]


def test_a_paper_without_abstract_is_kept_as_a_title(tmp_path) -> None:
    page = (
        HEAD
        + f"Cranes in the Wind\n\n{ABSTRACT}\n\n  • 2 authors\n·\nMay 1\n\nA Title Alone\n\n  • 3 authors\n·\nMay 2\n\nKites on a String\n\n{OTHER}\n\n  • 1 authors\n·\nMay 3"
    )
    found = read(tmp_path, page)
    assert pairs(found) == [("Cranes in the Wind", ABSTRACT), ("A Title Alone", ""), ("Kites on a String", OTHER)]
    assert [paper.published for paper in found] == ["--05-01", "--05-02", "--05-03"]


def test_a_page_of_titles_with_votes_gives_titles_and_votes(tmp_path) -> None:
    page = (
        "Daily Papers\n\nby AK and the research community\n\nOct 31, 2025\n\n"
        "Submitted by\nada\n75\nCranes in the Wind\n·\n12 authors\n\n3\nSubmitted by\nalan\n8\nKites on a String\n·\n2 authors\n\n1\n"
    )
    found = read(tmp_path, page)
    assert [(paper.title, paper.upvotes, paper.abstract) for paper in found] == [
        ("Cranes in the Wind", 75, ""),
        ("Kites on a String", 8, ""),
    ]


def test_votes_glued_before_every_title_are_cut_off(tmp_path) -> None:
    page = HEAD + "\n\n".join(
        f"{n}{name} in the Wind\n\n{ABSTRACT}" for n, name in ((12, "Cranes"), (7, "Kites"), (103, "Owls"))
    )
    assert [(paper.title, paper.upvotes) for paper in read(tmp_path, page)] == [
        ("Cranes in the Wind", 12),
        ("Kites in the Wind", 7),
        ("Owls in the Wind", 103),
    ]


def test_a_title_that_begins_with_a_number_keeps_it(tmp_path) -> None:
    page = HEAD + f"3DCranes: Paper in Space\n\n{ABSTRACT}\n\nKites on a String\n\n{OTHER}\n\n2.5D Owls\n\n{OTHER}"
    assert [paper.title for paper in read(tmp_path, page)] == [
        "3DCranes: Paper in Space",
        "Kites on a String",
        "2.5D Owls",
    ]


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("11 authors · Jul 4, 2023", "2023-07-04"),
        ("• 1 author · Published on Jul 4", "--07-04"),
        ("11 authors\n·\nJul 4, 20235", "2023-07-04"),
        ("Jan 272", "--01-27"),
        ("4 authors\n2023-07-04", "2023-07-04"),
        ("4 authors\n2 days ago", ""),
        ("11 authors\n·\nDecember 31st, 1999\n·\n12", "1999-12-31"),
    ],
)
def test_notes_below_a_paper_are_no_text(line, published, tmp_path) -> None:
    found = read(
        tmp_path, HEAD + f"Cranes in the Wind\n\n{ABSTRACT}\n\n{line}\n\nKites on a String\n\n{OTHER}\n\n{line}\n"
    )
    assert pairs(found) == [("Cranes in the Wind", ABSTRACT), ("Kites on a String", OTHER)]
    assert [paper.published for paper in found] == [published, published]


def test_notes_between_title_and_abstract_are_no_text(tmp_path) -> None:
    entries = [("Cranes in the Wind", ABSTRACT), ("Kites on a String", OTHER), ("Owls at Night", ABSTRACT)]
    page = HEAD + "\n\n".join(f"{title}\n\n3 authors · Jul 4, 2023\n\n{abstract}" for title, abstract in entries)
    assert pairs(read(tmp_path, page)) == entries


def test_the_year_of_the_page_completes_a_date_unless_the_paper_would_be_later(tmp_path) -> None:
    page = (
        HEAD + f"Oct 31, 2025\n\nCranes in the Wind\n\n{ABSTRACT}\n\nJul 4\n\nKites on a String\n\n{OTHER}\n\nDec 1\n"
    )
    assert [paper.published for paper in read(tmp_path, page)] == ["2025-07-04", "--12-01"]


def test_head_and_foot_of_the_page_are_no_papers(tmp_path) -> None:
    head = (
        "Hugging Face\nModels\nDatasets\nSpaces\nDocs\nPricing\nLog In\nSign Up\n\n"
        + HEAD
        + "Daily\nWeekly\nMonthly\n\nAug 25\n\n"
    )
    foot = "\n\nPrevious\n1\n2\n3\n...\n100\nNext\n\nCompany\nTOS\nPrivacy\nAbout\nJobs\nWebsite\nModels\nDatasets\n"
    entries = [("Datasets", ABSTRACT), ("Kites on a String", OTHER), ("Models", ABSTRACT), ("Owls", OTHER)]
    body = "\n\n".join(f"{title}\n\n{abstract}" for title, abstract in entries[1:3])
    assert pairs(read(tmp_path, head + body + foot)) == entries[1:3]


@pytest.mark.parametrize(
    "title", ["Subscriber Churn in Paper Kites", "code2crane: From Text to Paper", "σ-Cranes Fold Anything"]
)
def test_a_button_glued_to_the_first_title_is_cut_off(title, tmp_path) -> None:
    page = f"Get trending papers in your email inbox!\nSubscribe{title}\n{ABSTRACT}\nKites on a String\n{OTHER}"
    assert pairs(read(tmp_path, page))[0] == (title, ABSTRACT)


def test_a_first_title_that_begins_like_the_button_is_kept(tmp_path) -> None:
    page = f"Get trending papers in your email inbox!\nSubscribers Love Kites\n{ABSTRACT}\nKites on a String\n{OTHER}"
    assert read(tmp_path, page)[0].title == "Subscribers Love Kites"


def test_a_list_of_titles_and_abstracts_needs_no_page_around_it(tmp_path) -> None:
    page = f"Cranes in the Wind\n{ABSTRACT}\nKites on a String\n{OTHER}\n"
    assert pairs(read(tmp_path, page)) == [("Cranes in the Wind", ABSTRACT), ("Kites on a String", OTHER)]


def test_pages_joined_without_a_line_end_come_apart(tmp_path) -> None:
    one = f"Cranes in the Wind\n\n{ABSTRACT}"
    two = HEAD + f"Kites on a String\n\n{OTHER}\n\n  • 1 authors\n·\nJul 11"
    three = f"Get trending papers in your email inbox once a day!\nSubscribeOwls at Night\n{ABSTRACT}"
    found = read(tmp_path, HEAD + one + two + HEAD + one + three)
    assert pairs(found) == [
        ("Cranes in the Wind", ABSTRACT),
        ("Kites on a String", OTHER),
        ("Cranes in the Wind", ABSTRACT),
        ("Owls at Night", ABSTRACT),
    ]
    assert found[1].published == "--07-11"


def test_control_characters_and_lone_surrogates_are_replaced(tmp_path) -> None:
    page = HEAD + f"Cranes\x00 in the \ud800Wind\n\n{ABSTRACT}\x07\n\nKites on a String\n\n{OTHER}"
    found = read(tmp_path, page)
    assert found[0].title == "Cranes\ufffd in the \ufffdWind"
    assert found[0].abstract == ABSTRACT + "\ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "hello world\n",
        "# Project\n\nInstall it with pip.\n\n* one\n* two\n\nUsage\n\nRun it.\n",
        "It was a dark night. The rain fell in torrents.\n\nShe went home. He did not. They met again in spring.\n\n"
        * 10,
        "import os\nprint(os.name)\ndef f(x):\n    return x\n",
    ],
)
def test_a_text_that_is_no_page_is_refused_in_one_line(text, tmp_path) -> None:
    with pytest.raises(SourceError, match=r"page\.txt: no paper recognised .*expected .*--format") as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)
