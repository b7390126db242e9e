from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt  # rich brings it
from tiny import make, mamba_notes, note

from kg import figures, reporting, schema, templates, wording
from kg.errors import KgError, UnknownConcept

SSM = "method/state-space-model"
EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) | `a` **b** \u202e& <!-- \x1b[31m"


@pytest.fixture(scope="module")
def g():
    return make(mamba_notes())


@pytest.fixture(scope="module")
def evil():
    notes = [
        note("a", f"{{Mamba}} is {{SSM}} {EVIL}", [("Mamba", "SubClass-Of", "SSM", 0.9)], title=f"{EVIL} {{Mamba}}",
             role="introduces", url="javascript:alert(1)", authors=(EVIL,), venue=EVIL, published="2023"),
        note("b", "{Mamba} is {SSM}.", url='https://example.org/"><script>alert(2)</script>'),
    ]  # fmt: skip
    return make(notes)


class Page(HTMLParser):
    """Collects the elements of a page and the text outside style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def section(text, heading):
    return re.split(r"^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_markdown_report_says_what_the_papers_say_with_sentence_and_source(g):
    text = reporting.report(g, ["State Space Model"])
    assert text.startswith("# State Space Model\n")
    says = section(text, "What the papers say")
    assert (
        "**Has as kinds**\n\n- **Mamba** (method; 0.95, 1 paper): “Mamba belongs to the state space models.” [" in says
    )
    assert "**Used for**" in says and "“SSMs are made for long sequences.”" in says
    assert "**Evaluated on**" in says and "**Long Range Arena** (dataset; 0.80, 1 paper)" in says
    number = re.search(r"“Mamba belongs to the state space models.” \[(\d+)\]", says)[1]
    assert f"{number}. Ada Ames, Bo Berg [Mamba for all](https://example.org/a), 2023-12-01" in section(text, "Sources")


def test_the_summary_and_the_card_say_what_it_is(g):
    text = reporting.report(g, "ssm")
    assert "State Space Model is a method that 2 of 4 papers name, from 2022 to 2023." in text
    assert (
        "In them it is used for Long-Sequence Modeling; and evaluated on Long Range Arena. It has as kinds Mamba."
        in text
    )
    assert "| Also written | SSMs (3) |" in text
    assert "| First seen | 2022-05 |" in text


def test_who_introduced_it_is_named_or_it_is_said_that_nobody_does(g):
    assert "[Mamba for all](https://example.org/a) (2023-12-01), 0.81: “" in section(
        reporting.report(g, "Mamba"), "Who introduced it"
    )
    assert "No paper here presents it as its own." in reporting.report(g, "Transformer")


def test_the_years_tell_what_was_related_for_the_first_time(g):
    (card,) = reporting.describe(g, ["SSM"])["concepts"]
    assert [(y["year"], y["papers"], [o["name"] for o in y["new"]]) for y in card["years"]] == [
        (2022, 1, ["Long-Sequence Modeling", "Long Range Arena"]),
        (2023, 1, ["Mamba"]),
    ]


def test_open_ends_are_what_relatives_are_used_for_in_papers_that_do_not_name_it(g):
    (card,) = reporting.describe(g, ["SSM"])["concepts"]
    assert card["open_ends"] == []
    notes = [
        *mamba_notes(),
        note("e", "{Mamba} reads {genomics}.", [("Mamba", "Used-For", "genomics", 0.9)]),
        note("f", "{Mamba} does {translation}.", [("Mamba", "Used-For", "translation", 0.9)]),
        note("h", "{SSMs} and {translation} are far apart."),
    ]
    (card,) = reporting.describe(make(notes), ["SSM"])["concepts"]
    assert [(o["name"], o["relatives"]) for o in card["open_ends"]] == [("Genomics", ["Mamba"])]


def test_the_key_papers_are_those_that_introduce_or_study_it(g):
    (card,) = reporting.describe(g, ["Mamba"])["concepts"]
    assert card["key_papers"][0]["paper"] == "title:a"


def test_every_number_in_the_text_is_a_source_and_sources_are_numbered_from_one(g):
    text = reporting.report(g, ["Mamba", "Transformer"])
    sources = [int(n) for n in re.findall(r"^(\d+)\. ", section(text, "Sources"), re.MULTILINE)]
    assert sources == list(range(1, len(sources) + 1))
    assert {int(n) for n in re.findall(r"\[(\d+)\](?!\()", text)} <= set(sources)


def test_several_concepts_are_compared_and_the_path_between_them_is_told(g):
    text = reporting.report(g, ["Mamba", "SSM"])
    assert text.startswith("# Mamba and State Space Model\n")
    assert "Mamba is directly related: a kind of State Space Model." in text
    assert "| Long-Sequence Modeling | used for | used for |" in text
    assert "- Only Mamba (1): compared with Transformer" in text
    assert "1. Mamba → *a kind of* → State Space Model" in text
    assert reporting.report(g, ["Mamba", "mamba"]) == reporting.report(g, ["Mamba"])


def test_the_json_report_is_one_value_with_all_evidence(g):
    data = json.loads(reporting.report(g, ["SSM"], format="json"))
    (card,) = data["concepts"]
    assert card["id"] == SSM
    (used_for,) = [s for s in card["statements"] if s["relation"] == "USED_FOR"]
    assert used_for["items"][0]["evidence"][0]["sentence"] == "SSMs are made for long sequences."
    assert used_for["items"][0]["evidence"][0]["source"] in [s["number"] for s in data["sources"]]


def test_the_html_report_is_one_page_that_loads_and_runs_nothing(g):
    text = reporting.report(g, ["SSM"], format="html")
    page = Page(text)
    assert not [t for t, _ in page.elements if t in ("script", "link", "img", "iframe", "object", "embed")]
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    (css,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not [a for _, a in page.elements if "style" in a or any(name.startswith("on") for name in a)]


def test_the_html_report_marks_the_ends_in_the_sentence_and_links_the_source(g):
    page = reporting.report(g, ["SSM"], format="html")
    assert "<q><mark>Mamba</mark> belongs to the <mark>state space models</mark>.</q>" in page
    assert {a["href"] for a in Page(page).all("a") if (a["href"] or "").startswith("#")} <= {
        f"#{a['id']}" for _, a in Page(page).elements if a.get("id")
    }


def test_figures_are_drawn_for_a_concept_that_has_years_and_relations(g):
    page = Page(reporting.report(g, ["SSM"], format="html"))
    assert len(page.all("svg")) == 2
    assert all(a["role"] == "img" and a["aria-label"] for a in page.all("svg"))
    assert not Page(reporting.report(make([note("a", "{Mamba}.")]), ["Mamba"], format="html")).all("svg")


@pytest.mark.parametrize("names", [["Mamba"], ["Mamba", "SSM"]])
def test_hostile_texts_stay_text_in_html(evil, names):
    page = Page(reporting.report(evil, names, format="html"))
    assert not page.all("script")
    assert "<script>alert(1)</script>" in page.text
    assert all(re.match(r"(#|https?://)", a["href"]) for a in page.all("a"))
    assert not set("\x1b\u202e") & set(page.text)


@pytest.mark.parametrize("names", [["Mamba"], ["Mamba", "SSM"]])
def test_hostile_texts_stay_text_in_markdown(evil, names):
    text = reporting.report(evil, names)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert not [t for t in (*tokens, *inline) if t.type in ("html_block", "html_inline", "image", "code_inline")]
    assert all(t.attrs["href"].startswith("https://example.org/") for t in inline if t.type == "link_open")
    assert "<script>alert(1)</script>" in "".join(t.content for t in inline if t.type in ("text", "text_special"))
    assert not set("\x1b\u202e") & set(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b __c__ d", "a_b \\_\\_c\\_\\_ d"),
        ("5 * 3 | x", "5 \\* 3 \\| x"),
        ("one\n\n# two", "one \\# two"),
        ("R&D &lt; &#60;", "R&D \\&lt; \\&\\#60;"),
        ("![i](u)", "!\\[i\\](u)"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_markdown_text_shows_as_it_is(text, escaped):
    assert templates.markdown_text(text) == escaped


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        'https://a"b',
        "https://a b",
        "",
        "ftp://a",
        "https://a\nb",
    ],
)
def test_only_web_addresses_become_links(url):
    assert templates.link_target(url) == ""


def test_a_confidence_is_never_shown_as_certain():
    assert [templates.two_digits(c) for c in (0.999, 0.9968, 0.29, 0.5)] == ["0.99", "0.99", "0.29", "0.50"]


def test_bars_leave_room_for_years_without_papers():
    drawn = figures.bars([{"year": 2020, "papers": 2}, {"year": 2023, "papers": 4}])
    assert [(b["year"], b["papers"]) for b in drawn["bars"]] == [(2020, 2), (2021, 0), (2022, 0), (2023, 4)]
    assert [b["height"] for b in drawn["bars"]] == [65.0, 0.0, 0.0, 130.0]
    assert figures.bars([]) is None


def test_a_sentence_that_lists_several_is_quoted_once():
    relations = [("Mamba", "Used-For", "genomics", 0.9), ("Mamba", "Used-For", "translation", 0.8)]
    text = reporting.report(make([note("a", "{Mamba} does {genomics} and {translation}.", relations)]), "Mamba")
    assert "- **Genomics** (task; 0.90, 1 paper), **Translation** (task; 0.80, 1 paper): “Mamba does" in text


def test_the_same_graph_gives_the_same_bytes_in_every_format(g):
    again = make(mamba_notes()[::-1])
    for format_ in reporting.FORMATS:
        assert reporting.report(g, ["Mamba", "SSM"], format=format_) == reporting.report(
            again, ["Mamba", "SSM"], format=format_
        )


def test_unknown_formats_names_and_too_many_concepts_are_refused(g):
    with pytest.raises(KgError, match="md, html, json"):
        reporting.report(g, "Mamba", format="pdf")
    with pytest.raises(UnknownConcept):
        reporting.report(g, "No Such Concept At All")
    with pytest.raises(KgError, match="1 to 6"):
        reporting.report(g, [])


def test_every_relation_has_words_either_way():
    between = [name for name, r in schema.RELATIONS.items() if "Paper" not in r.heads]
    ways = {(name, way) for name in between for way in (True, False)} - {("COMPARED_WITH", False)}
    assert {(name, way) for name, way, _ in wording.GROUPS} == ways
    assert wording.words("Method", "COMPARED_WITH", forward=False) == "compared with"
    assert set(wording.ROLE_WORDS) == set(schema.RELATIONS) - set(between)


def test_a_task_is_approached_with_what_is_used_for_it(g):
    assert "**Approached with**\n\n- **State Space Model** (method; 0.90, 1 paper)" in reporting.report(
        g, "long sequences"
    )


def test_what_many_papers_say_comes_first_among_the_nearly_as_sure():
    notes = [note("x", "{A} is {B}.", [("A", "SubClass-Of", "B", 0.97)])]
    notes += [note(f"p{n}", "{A} is {C}.", [("A", "SubClass-Of", "C", 0.8)]) for n in range(2)]
    (card,) = reporting.describe(make(notes), ["A"])["concepts"]
    assert [(i["name"], i["confidence"], i["papers"]) for i in card["statements"][0]["items"]] == [
        ("C", 0.96, 2),
        ("B", 0.97, 1),
    ]


def test_what_is_rather_false_than_true_is_named_apart_and_not_quoted():
    notes = [note("x", "{A} is {B}.", [("A", "SubClass-Of", "B", 0.9)])]
    notes += [note(f"p{n}", f"{{A}} is {{C{n}}}.", [("A", "SubClass-Of", f"C{n}", 0.46)]) for n in range(9)]
    text = reporting.report(make(notes), "A")
    says = section(text, "What the papers say")
    assert "- **B** (method; 0.90, 1 paper): “A is B.” [1]" in says
    assert re.search(r"- less sure: C0 \(0.46, \[\d+\]\), .* and 1 more", says)
    assert "“A is C" not in says and "None" not in text
    assert "In them it is a kind of B." in text
    page = reporting.report(make(notes), "A", format="html")
    assert len(re.findall(r"<g><title>A: a kind of", page)) == 1
