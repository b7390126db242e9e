"""The bundled sample: what a reader of the demo relies on."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise

import pytest

from kg.demo import sample

PAPERS = [json.loads(line) for line in sample().read_text(encoding="utf-8").splitlines()]
ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def titles() -> list[str]:
    return [paper["title"] for paper in PAPERS]


def abstract(title_start: str) -> str:
    (found,) = [p["abstract"] for p in PAPERS if p["title"].startswith(title_start)]
    return str(found)


def test_the_sample_holds_at_least_seventy_papers() -> None:
    assert len(PAPERS) >= 70


def test_no_paper_is_there_twice() -> None:
    ids = [paper["id"] for paper in PAPERS if paper["id"]]
    assert len(set(ids)) == len(ids)
    assert len({title.casefold() for title in titles()}) == len(PAPERS)
    assert len({paper["url"] for paper in PAPERS}) == len(PAPERS)


@pytest.mark.parametrize("paper", PAPERS, ids=titles())
def test_a_paper_has_a_summary_authors_a_date_and_a_link(paper: dict[str, object]) -> None:
    assert 80 <= len(str(paper["abstract"]).split()) <= 150
    assert isinstance(paper["authors"], list) and paper["authors"] and all(paper["authors"])
    assert paper["venue"]
    published = str(paper["published"])
    assert ISO_DATE.fullmatch(published)
    date.fromisoformat((published + "-01-01")[:10])
    if paper["id"]:
        assert re.fullmatch(r"\d{4}\.\d{4,5}", str(paper["id"]))
        assert paper["url"] == f"https://arxiv.org/abs/{paper['id']}"
    else:
        assert str(paper["url"]).startswith("https://")


def test_an_arxiv_id_agrees_with_the_date_of_its_paper() -> None:
    """An id names the month in which the paper was announced; one submitted on a month's last days may be in the next."""
    for paper in PAPERS:
        if not paper["id"]:
            continue
        announced = (2000 + int(paper["id"][:2])) * 12 + int(paper["id"][2:4])
        submitted = int(paper["published"][:4]) * 12 + int(paper["published"][5:7])
        assert announced - submitted in (0, 1), paper["title"]


def test_papers_stand_in_the_order_of_their_dates() -> None:
    assert all(a["published"] <= b["published"] for a, b in pairwise(PAPERS))


def test_summaries_share_no_long_run_of_words() -> None:
    """Two papers may have the same tasks and datasets; fourteen words alike would be a template."""
    seen: dict[tuple[str, ...], str] = {}
    for paper in PAPERS:
        words = re.findall(r"\w+", paper["abstract"].casefold())
        for start in range(len(words) - 13):
            run = tuple(words[start : start + 14])
            assert seen.setdefault(run, paper["title"]) == paper["title"], " ".join(run)


def test_the_chain_of_the_demo_is_said_in_so_many_words() -> None:
    mamba = abstract("Mamba: Linear-Time")
    assert "Mamba is a state space model" in mamba
    assert "State space models (SSMs) are used for long-sequence modeling" in mamba


def test_every_line_is_plain_json_text_without_control_characters() -> None:
    for paper in PAPERS:
        for value in (paper["title"], paper["abstract"], *paper["authors"]):
            assert value == value.strip() and value.isprintable(), paper["title"]
