"""Sources other than saved pages of text: their formats, their detection, and what goes wrong with them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from kg import sources
from kg.errors import SourceError
from kg.papers import identify
from kg.records import Paper
from kg.sources import dates
from kg.sources.bibtex import to_unicode
from kg.sources.cleaning import clean

CRANES = "We fold paper cranes with a robot arm and count how many survive the wind."
KITES = "Kites are flown by a policy that sees only the string."
FEED = [
    {
        "paper": {
            "id": "2506.01234",
            "title": "Paper Cranes\nin the Wind",
            "summary": f" {CRANES}\nMore. ",
            "authors": [{"_id": "1", "name": "Ada Byron", "hidden": False}, {"name": "Alan Turing"}],
            "publishedAt": "2025-06-02T17:58:01.000Z",
            "upvotes": 12,
        },
        "title": "Paper Cranes in the Wind",
        "numComments": 3,
    },
    {
        "paper": {"id": "2506.01235", "title": "Kites", "summary": KITES, "authors": [], "upvotes": 0},
        "publishedAt": "2025-06-03T00:00:00Z",
    },
]
FEED_PAPER = Paper(
    id="arxiv:2506.01234",
    title="Paper Cranes in the Wind",
    abstract=f"{CRANES} More.",
    authors=("Ada Byron", "Alan Turing"),
    published="2025-06-02",
    url="https://arxiv.org/abs/2506.01234",
    upvotes=12,
    arxiv="2506.01234",
    source_id="2506.01234",
)
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query: id_list=cs/9901001</title><id>http://arxiv.org/api/x</id>
  <entry>
    <id>http://arxiv.org/abs/2506.01234v3</id>
    <updated>2025-07-01T00:00:00Z</updated><published>2025-06-02T17:58:01Z</published>
    <title>Paper Cranes
  in the Wind</title>
    <summary>  We fold cranes with $a &lt; b$ &amp; care.
Twice.
</summary>
    <author><name>Ada Byron</name></author><author><name>Alan Turing</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/ABC</arxiv:doi>
    <arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">J. Kites 3</arxiv:journal_ref>
    <link href="http://arxiv.org/abs/2506.01234v3" rel="alternate" type="text/html"/>
  </entry>
  <entry><id>http://arxiv.org/abs/cs/9901001v1</id><published>1999-01-01T00:00:00Z</published><title>Old Kites</title><summary>S.</summary></entry>
</feed>
"""
SNAPSHOT = {
    "id": "0704.0001",
    "submitter": "Ada Byron",
    "authors": "Ada Byron, Alan Turing Jr.",
    "title": "Paper Cranes\n  in the Wind",
    "comments": "5 pages",
    "journal-ref": "J. Kites 3",
    "doi": "10.1000/ABC",
    "categories": "cs.LG",
    "abstract": "  We fold cranes\nin the wind.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 1 May 2007 00:00:00 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Byron", "Ada", ""], ["Turing", "Alan", "Jr."]],
}
BIBTEX = r"""% a list of papers
@string{kites = "Journal of Kites"}
@article{byron2020,
  title = {Schr{\"o}dinger's {C}rane: 50% of $\sigma$-{\'E}tudes},
  Author = {Byron, Ada and Turing, Jr., Alan and {The Crane Team} and others},
  journal = kites # " 2020",
  abstract = "We fold \textbf{two} cranes~\cite{x} in the
     wind at 10\% -- {\"U}ber ``all''.",
  year = 2020, month = feb, doi = {10.1000/A_b}, keywords = {cranes, wind}
}
@misc{untitled, year = 1999}
@misc{kites, title = {Kites}, abstract = {{"Kites"} fly.}, eprint = {2506.01235}, archivePrefix = {arXiv}, year = {2025}}
@misc{kites, title = {Other Kites}, year = {2021}}
"""


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


def lines(*items: object) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


def texts(papers) -> list[tuple[str, str]]:
    return [(paper.title, paper.abstract) for paper in papers]


# The feed


@pytest.mark.parametrize(
    "wrap", [lambda feed: feed, lambda feed: {"dailyPapers": feed}, lambda feed: {"date": "2025-06-03", "papers": feed}]
)
def test_the_json_of_the_feed_is_read_in_its_variants(wrap, tmp_path) -> None:
    path = write(tmp_path / "feed", json.dumps(wrap(FEED), indent=1))
    assert sources.detect(path) == "feed"
    first, second = sources.read(path)
    assert first == FEED_PAPER
    assert (second.id, second.published, second.upvotes) == ("arxiv:2506.01235", "2025-06-03", 0)


def test_a_flat_paper_of_the_feed_is_read(tmp_path) -> None:
    assert list(sources.read(write(tmp_path / "p.json", json.dumps([FEED[0]["paper"]])), format="feed")) == [FEED_PAPER]


def test_the_json_that_a_page_carries_is_read(tmp_path) -> None:
    props = json.dumps({"dailyPapers": FEED, "date": "2025-06-03"}).replace("&", "&amp;").replace('"', "&quot;")
    page = f'<!DOCTYPE html><html><body><div data-target="Nav" data-props="{{}}"></div><div data-target="DailyPapers" data-props="{props}"></div></body></html>'
    path = write(tmp_path / "saved", page)
    assert sources.detect(path) == "html"
    assert next(sources.read(path)) == FEED_PAPER
    assert len(list(sources.read(path))) == 2


CARDS = """<html><body><main>
<article><a href="/papers/2506.01234"><img></a><div><div>75</div></div>
<h3><a href="/papers/2506.01234">Paper <b>Cranes</b>
in the Wind</a></h3><p>%s</p><ul><li>12 authors</li></ul><time datetime="2025-06-02T10:00:00">Jun 2</time><a href="/papers/2506.01234#community">3</a></article>
<article><h3><a href="https://huggingface.co/papers/2506.01235">Kites</a></h3><div>2 authors</div><a href="#">9</a></article>
<h3><a href="/models/x">No paper</a></h3>
</main></body></html>"""


def test_the_cards_of_a_page_are_read(tmp_path) -> None:
    first, second = sources.read(write(tmp_path / "saved", CARDS % CRANES))
    assert (first.id, first.title, first.abstract) == ("arxiv:2506.01234", "Paper Cranes in the Wind", CRANES)
    assert (first.published, first.upvotes) == ("2025-06-02", 75)
    assert (second.id, second.title, second.abstract, second.upvotes) == ("arxiv:2506.01235", "Kites", "", None)


def test_the_cards_are_read_where_the_json_of_a_page_is_cut(tmp_path) -> None:
    page = (CARDS % CRANES).replace(
        "<main>", '<div data-target="DailyPapers" data-props="{&quot;dailyPapers&quot;:[{"></div>'
    )
    assert [paper.arxiv for paper in sources.read(write(tmp_path / "saved", page))] == ["2506.01234", "2506.01235"]


# arXiv


def test_the_answer_of_arxiv_is_read_without_versions_and_line_breaks(tmp_path) -> None:
    path = write(tmp_path / "query", ATOM)
    assert sources.detect(path) == "atom"
    first, second = sources.read(path)
    assert first == Paper(
        id="arxiv:2506.01234",
        title="Paper Cranes in the Wind",
        abstract="We fold cranes with $a < b$ & care. Twice.",
        authors=("Ada Byron", "Alan Turing"),
        published="2025-06-02",
        url="https://arxiv.org/abs/2506.01234",
        venue="J. Kites 3",
        arxiv="2506.01234",
        doi="10.1000/abc",
    )
    assert (second.id, second.published) == ("arxiv:cs/9901001", "1999-01-01")


def test_the_snapshot_of_arxiv_is_read_with_the_day_of_the_first_version(tmp_path) -> None:
    path = write(tmp_path / "snapshot", lines(SNAPSHOT, {**SNAPSHOT, "id": "hep-th/9901001", "versions": None}))
    assert sources.detect(path) == "arxiv"
    first, second = sources.read(path)
    assert texts([first]) == [("Paper Cranes in the Wind", "We fold cranes in the wind.")]
    assert (first.id, first.doi, first.venue, first.published) == (
        "arxiv:0704.0001",
        "10.1000/abc",
        "J. Kites 3",
        "2007-04-02",
    )
    assert first.authors == ("Ada Byron", "Alan Turing Jr.")
    assert (second.id, second.published) == ("arxiv:hep-th/9901001", "2008-11-26")


# BibTeX


def test_bibtex_is_read_as_unicode(tmp_path) -> None:
    skipped: list[str] = []
    path = write(tmp_path / "papers", BIBTEX)
    assert sources.detect(path) == "bibtex"
    first, second, third = sources.read(path, on_skip=skipped.append)
    assert first == identify(
        Paper(
            id="",
            title="Schrödinger's Crane: 50% of σ-Études",
            abstract="We fold two cranes in the wind at 10% – Über “all”.",
            authors=("Ada Byron", "Alan Turing Jr.", "The Crane Team"),
            published="2020-02",
            venue="Journal of Kites 2020",
            keywords=("cranes", "wind"),
            doi="10.1000/a_b",
            source_id="byron2020",
        )
    )
    assert (second.arxiv, second.abstract) == ("2506.01235", '"Kites" fly.')
    assert third.title == "Other Kites"  # two entries of one key are two entries
    assert skipped == ["entry 'untitled': no title"]


def test_a_broken_entry_of_bibtex_is_told_and_the_others_are_read(tmp_path, caplog) -> None:
    skipped: list[str] = []
    path = write(
        tmp_path / "papers.bib",
        "@misc{a, title={Cranes}}\n\n@misc{b, title={Broken, year=1\n}\n\n@misc{c, title={Kites}}\n",
    )
    assert [paper.title for paper in sources.read(path, on_skip=skipped.append)] == ["Cranes", "Kites"]
    assert len(skipped) == 1
    assert "line 3" in skipped[0] and "brace" in skipped[0]
    assert not caplog.records


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Erd{\H o}s {\L}uk\k{a} \v{C}ech \o \c{c} \~n", "Erdős Łuką Čech ø ç ñ"),
        (r"$\mathbb{R}^d$, {\em the trick}, \textbf{b}", "ℝ^d, the trick, b"),
        (r"\ourmodel wins by 3\%", "ourmodel wins by 3%"),
        (r"costs $5 and $6, R\&D, x\_y, 7% off", "costs $5 and $6, R&D, x_y, 7% off"),
        (r"see \url{https://a.b/~c_d} or Fig.~3", "see https://a.b/~c_d or Fig. 3"),
        (r"\href{https://a.b}{here} -- or --- there", "here – or — there"),
        ("no LaTeX  at all", "no LaTeX at all"),
        (r"unbalanced { brace \'e", "unbalanced brace é"),
    ],
)
def test_latex_becomes_unicode_and_loses_no_words(latex, text) -> None:
    assert to_unicode(latex).replace("øç", "ø ç") == text


# Tables


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_whatever_its_delimiter_and_encoding(delimiter, encoding, tmp_path) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(
        ["Paper Title", "SUMMARY", "Authors", "Year", "Link", "Conference", "DOI", "Author Keywords", "votes"]
    )
    writer.writerow(
        [
            'Cranes; "one", two|\tthree',
            "Line one,\nline two.",
            "Ada Byron; Alan Turing",
            2020,
            "https://a.b",
            "ICK",
            "10.1/X",
            "a; b",
            3,
        ]
    )
    writer.writerow([])
    writer.writerow(["", "no title", "", "", "", "", "", "", ""])
    writer.writerow(["Kites", "", "", "", "", "", "", "", ""])
    skipped: list[str] = []
    path = write(tmp_path / "table", out.getvalue().encode(encoding))
    assert sources.detect(path) == "csv"
    first, second = sources.read(path, on_skip=skipped.append)
    assert texts([first, second]) == [('Cranes; "one", two|\tthree', "Line one,\nline two."), ("Kites", "")]
    assert (first.authors, first.published, first.url) == (("Ada Byron", "Alan Turing"), "2020", "https://a.b")
    assert (first.venue, first.keywords, first.upvotes) == ("ICK", ("a", "b"), 3)
    assert len(skipped) == 1 and "no title" in skipped[0]


def test_a_table_takes_a_cell_of_five_megabytes(tmp_path) -> None:
    [paper] = sources.read(write(tmp_path / "t.csv", "title,abstract\nCranes," + "fold " * 1_000_000 + "\n"))
    assert len(paper.abstract) == 4_999_999


def test_a_table_with_old_line_ends_is_read(tmp_path) -> None:
    assert texts(sources.read(write(tmp_path / "t.csv", "title,abstract\rCranes,We fold.\rKites,They fly.\r"))) == [
        ("Cranes", "We fold."),
        ("Kites", "They fly."),
    ]


# JSON


def test_json_lines_keep_ids_and_white_space(tmp_path) -> None:
    path = write(
        tmp_path / "p",
        lines(
            {"id": "k/1", "title": "Cranes", "abstract": " Two  spaces\nand a line. ", "year": 2020, "url": None},
            {"title": "Kites"},
        ),
    )
    assert sources.detect(path) == "jsonl"
    first, second = sources.read(path)
    assert (first.source_id, first.abstract, first.published) == ("k/1", " Two  spaces\nand a line.", "2020")
    assert texts([second]) == [("Kites", "")]


def test_annotated_papers_are_a_source(tmp_path) -> None:
    path = write(
        tmp_path / "gold",
        lines({"id": "a", "title": "Cranes", "abstract": CRANES, "mentions": [], "relations": [], "roles": {}}),
    )
    assert [(paper.source_id, paper.abstract) for paper in sources.read(path)] == [("a", CRANES)]


def test_a_json_array_of_odd_objects_is_read(tmp_path) -> None:
    items = [
        {
            "Title": "Cranes",
            "Abstract": CRANES,
            "authors": [{"given": "Ada", "family": "Byron"}, "Turing, Alan"],
            "date": "4 July 2023",
        },
        {"content": {"title": {"value": "Kites"}, "abstract": {"value": KITES}}, "id": "abc"},
        {"title": "Owls", "externalIds": {"ArXiv": "2506.01234", "DOI": "10.1000/x"}, "year": float("nan")},
        {"name": "untitled"},
        "no object",
    ]
    skipped: list[str] = []
    path = write(tmp_path / "p", json.dumps(items))
    assert sources.detect(path) == "json"
    cranes, kites, owls = sources.read(path, on_skip=skipped.append)
    assert (cranes.authors, cranes.published) == (("Ada Byron", "Alan Turing"), "2023-07-04")
    assert (kites.abstract, kites.source_id) == (KITES, "abc")
    assert (owls.id, owls.doi, owls.published) == ("arxiv:2506.01234", "10.1000/x", "")
    assert skipped == ["entry 4: no title", "entry 5: no object"]


def test_bad_characters_are_replaced_one_for_one(tmp_path) -> None:
    path = write(
        tmp_path / "p.jsonl", '{"title": "Cra\\ud800nes\\u0000", "abstract": "a\\r\\nb\\rc \\ud83d\\ude00 \\uffff."}\n'
    )
    assert texts(sources.read(path)) == [("Cra\ufffdnes\ufffd", "a \nb\nc \U0001f600 \ufffd.")]
    text = "".join(map(chr, range(0x250))) + "\ud800\udfff\ufffe\uffff"
    assert len(clean(text)) == len(text)
    assert clean(clean(text)) == clean(text)
    clean(text).encode("utf-8")


def test_json_lines_are_read_one_at_a_time(tmp_path) -> None:
    path = write(
        tmp_path / "p.jsonl", lines(*({"title": f"Crane {i}", "abstract": CRANES} for i in range(20_000))) + "{ broken"
    )
    found = sources.read(path)
    assert next(found).title == "Crane 0"  # the broken end has not been met
    with pytest.raises(SourceError, match=r"line 20001 is no JSON"):
        list(found)


# Where sources come from


@pytest.mark.parametrize(
    "content",
    [json.dumps(FEED), ATOM, BIBTEX, lines({"title": "T", "abstract": "A."}), "title,abstract\nT,A.\n", CARDS],
)
def test_gzip_changes_nothing(content, tmp_path) -> None:
    plain = write(tmp_path / "plain", content)
    packed = write(tmp_path / "packed.gz", gzip.compress(content.encode()))
    assert sources.detect(packed) == sources.detect(plain)
    assert list(sources.read(packed)) == list(sources.read(plain)) != []


def test_standard_input_is_read(monkeypatch) -> None:
    content = gzip.compress(lines({"title": "Cranes", "abstract": CRANES}).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert texts(sources.read("-")) == [("Cranes", CRANES)]


def test_a_folder_gives_all_its_sources_in_order_and_tells_what_is_none(tmp_path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "2.jsonl", lines({"title": "Third", "abstract": "A."}))
    write(tmp_path / "b" / "1.csv", "title,abstract\nSecond,A.\n,no title\n")
    write(tmp_path / "a.jsonl", lines({"title": "First", "abstract": "A."}))
    write(tmp_path / "z.bin", bytes(range(256)) * 9)
    write(tmp_path / ".hidden.jsonl", lines({"title": "Hidden", "abstract": "A."}))
    skipped: list[str] = []
    assert [paper.title for paper in sources.read(tmp_path, on_skip=skipped.append)] == ["First", "Second", "Third"]
    assert len(skipped) == 2
    assert "1.csv: row" in skipped[0] and "z.bin: is binary data" in skipped[1]


def test_a_format_can_be_forced(tmp_path) -> None:
    path = write(tmp_path / "p.txt", "title,abstract\nCranes,We fold.\n")
    assert texts(sources.read(path, format="csv")) == [("Cranes", "We fold.")]
    with pytest.raises(SourceError, match=r"unknown format 'xls'; expected one of html, .*text"):
        sources.read(path, format="xls")


def test_another_package_can_add_a_format(tmp_path, monkeypatch) -> None:
    def read(source, skip):
        for line in source.lines():
            yield identify(Paper(id="", title=line.removeprefix("!! ")))

    ours = sources.Format("bang", "lines after !!", read, lambda source: source.head.startswith("!!"))
    point = type("Point", (), {"name": "bang", "load": lambda self: ours})()
    monkeypatch.setattr(sources, "entry_points", lambda group: [point])
    sources._foreign.cache_clear()
    try:
        assert sources.detect(write(tmp_path / "p", "!! Cranes\n!! Kites\n")) == "bang"
        assert [paper.title for paper in sources.read(tmp_path / "p")] == ["Cranes", "Kites"]
    finally:
        sources._foreign.cache_clear()


# Mistakes

MISTAKES = {
    "empty.txt": (b"", "is empty"),
    "blank.txt": (b" \r\n\n", "is empty"),
    "empty.gz": (gzip.compress(b""), "is empty"),
    "noise.bin": (bytes((i * 7919 + i // 3) % 256 for i in range(5000)), "binary data"),
    "paper.pdf": (b"%PDF-1.7\n", "a PDF file"),
    "page.html": (b"<html><body><p>Nothing of use.</p></body></html>", "HTML without papers"),
    "broken.json": (b'{"paper": [', "no whole JSON .* may be cut"),
    "models.json": (b'{"models": [{"id": "a/b"}]}', "JSON without papers .*keys models"),
    "numbers.json": (b"[1, 2, 3]", "JSON without papers .*list of 3"),
    "deep.json": (b"[" * 100_000, "nested too deeply|no whole JSON"),
    "columns.csv": (b"name,value\na,1\n", r"without a title column \(columns: name, value\)"),
    "rows.csv": (b"title,abstract\n", "no row has a title"),
    "cut.jsonl.gz": (gzip.compress(b'{"title": "t", "abstract": "a"}\n' * 500)[:60], "gzip archive is cut"),
    "cut.jsonl": (b'{"title": "A", "abstract": "b"}\n{"title": "B", "abs', "line 2 is no JSON"),
    "keys.jsonl": (b'{"a": 1}\n{"b": 2}\n', r"without papers \(keys found: a\)"),
    "extracted.jsonl": (
        b'{"id": "a", "mentions": [], "relations": []}\n{"id": "b", "mentions": [], "relations": []}\n',
        "output of `kg extract`",
    ),
    "cut.xml": (ATOM[:700].encode(), "XML that is cut or broken"),
    "other.xml": (b'<?xml version="1.0"?><root/>', "XML without papers"),
    "cut.bib": (b"@article{a, title={Cranes", "BibTeX with no entry"),
    "latin.csv": (b"title,abstract\nCaf\xe9,We fold.\n", "byte 0xe9 at position 18"),
    "late.jsonl": (
        b'{"title": "A", "abstract": "b"}\n' * 9000 + b'{"title": "\xff"}\n',
        "byte 0xff at position 288011",
    ),
    "utf32.txt": ("Cranes".encode("utf-32"), "UTF-32"),
    "odd.csv": ("title\nÜ".encode("utf-16")[:-1], "cut or broken UTF-16 at byte 14"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line(name, tmp_path) -> None:
    content, message = MISTAKES[name]
    with pytest.raises(SourceError, match=message) as caught:
        list(sources.read(write(tmp_path / name, content)))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_told(tmp_path) -> None:
    with pytest.raises(SourceError, match=r"missing\.txt: there is no such file"):
        list(sources.read(tmp_path / "missing.txt"))
    with pytest.raises(SourceError, match="a folder without sources"):
        list(sources.read(tmp_path))


def test_a_file_without_permission_is_told(tmp_path, monkeypatch) -> None:
    def refuse(self, *arguments):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "secret.txt", "x")
    monkeypatch.setattr(Path, "open", refuse)  # the superuser, as whom tests may run, would be let in
    with pytest.raises(SourceError, match=r"secret\.txt: permission denied; make it readable"):
        list(sources.read(path))


# Dates


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2023-07-04T10:00:00.000Z", "2023-07-04"),
        ("2023/7/4", "2023-07-04"),
        ("20230704", "2023-07-04"),
        ("2023-07", "2023-07"),
        (2023, "2023"),
        ("2023.0", "2023"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04-02"),
        ("Jul 4, 2023", "2023-07-04"),
        ("July 4th 2023", "2023-07-04"),
        ("4 July 2023", "2023-07-04"),
        ("Sept. 2023", "2023-09"),
        ("Feb 29", "--02-29"),
        ("Feb 30, 2023", "2023-02"),
        ("2023-13-01", "2023"),
        ("25/12/2023", "2023-12-25"),
        ("04/07/2023", "2023"),  # April or July
        ("spring", ""),
        ("", ""),
    ],
)
def test_a_date_is_as_exact_as_its_source(text, iso) -> None:
    assert dates.iso(text) == iso
