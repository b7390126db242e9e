"""The explorer page in a real Chromium, from disk: what a reader does with mouse and keyboard, and what must not happen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest

from kg import pathfinding, rendering
from kg.records import Evidence

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
QUIET = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--window-size=1400,900",
]
SVG = "{http://www.w3.org/2000/svg}"
PAYLOADS = (
    "<script>window.__pwned=1</script>",
    "</script><script>window.__pwned=1</script>",
    "<img src=x onerror=window.__pwned=1>",
    "<svg onload=window.__pwned=1>",
    '"><iframe srcdoc="<script>parent.__pwned=1</script>">',
    "' onmouseover='window.__pwned=1' x='",
    "javascript:window.__pwned=1",
    "<a href=javascript:window.__pwned=1>href</a>",
    "{{constructor.constructor('window.__pwned=1')()}}",
    "${window.__pwned=1}",
    "<!--<script>window.__pwned=1//-->",
    "]]><script>window.__pwned=1</script>",
    '=HYPERLINK("http://evil.example")',
    "__proto__",
)


def said(paper: str, sentence: str, head: str | None, tail: str, confidence: float) -> Evidence:
    def span(words: str) -> tuple[int, int]:
        return (sentence.index(words), sentence.index(words) + len(words))

    return Evidence(paper, "abstract", 0, len(sentence), sentence, confidence, span(head) if head else None, span(tail))


def sieves() -> nx.MultiDiGraph:
    """Return a graph about invented sieves: Sieve-2 is a kind of Sieve, Sieve a kind of Filter Model, used for tasks."""
    g = nx.MultiDiGraph()
    for i, year in ((1, 2021), (2, 2022), (3, 2023), (4, 2024)):
        g.add_node(
            f"arxiv:{i}",
            label="Paper",
            title=f"Paper number {i}",
            published=f"{year}-05-0{i}",
            year=year,
            url=f"https://example.org/{i}",
        )
    concepts = (
        ("method/sieve", "Method", "Sieve", 3, ["sieve net", "SVN"]),
        ("method/sieve-2", "Method", "Sieve-2", 1, []),
        ("method/filter-model", "Method", "Filter Model", 2, ["FM"]),
        ("method/mesh", "Method", "Mesh", 2, []),
        ("method/comb", "Method", "Comb", 1, []),
        ("task/long-sorting", "Task", "Long Sorting", 2, ["sorting long rows"]),
        ("task/cleaning", "Task", "Cleaning", 1, []),
        ("dataset/pebbles", "Dataset", "Pebbles", 2, []),
    )
    for node, kind, name, papers, aliases in concepts:
        g.add_node(
            node,
            label="Concept",
            kind=kind,
            name=name,
            papers=papers,
            mentions=papers,
            aliases=aliases,
            alias_counts=[2] * len(aliases),
            ambiguous=False,
            first_seen="2021-05-01",
        )
    for head, relation, tail, confidence, evidence in (
        (
            "method/sieve-2",
            "VARIANT_OF",
            "method/sieve",
            0.95,
            said("arxiv:4", "Sieve-2 refines our Sieve.", "Sieve-2", "our Sieve", 0.95),
        ),
        (
            "method/sieve",
            "SUBCLASS_OF",
            "method/filter-model",
            0.9,
            said("arxiv:1", "The Sieve is a filter model.", "Sieve", "filter model", 0.9),
        ),
        (
            "method/filter-model",
            "USED_FOR",
            "task/long-sorting",
            0.6,
            said("arxiv:2", "FMs sort long rows well.", "FMs", "sort long rows", 0.6),
        ),
        (
            "method/mesh",
            "COMPARED_WITH",
            "method/sieve",
            0.8,
            said("arxiv:3", "Our Mesh beats Sieve.", "Mesh", "Sieve", 0.8),
        ),
        (
            "method/mesh",
            "EVALUATED_WITH",
            "dataset/pebbles",
            0.85,
            said("arxiv:3", "Mesh is tested on Pebbles.", "Mesh", "Pebbles", 0.85),
        ),
        (
            "method/sieve",
            "EVALUATED_WITH",
            "dataset/pebbles",
            0.4,
            said("arxiv:2", "Sieve on Pebbles fails.", "Sieve", "Pebbles", 0.4),
        ),
        (
            "method/sieve-2",
            "USED_FOR",
            "task/cleaning",
            0.7,
            said("arxiv:4", "Sieve-2 cleans, see cleaning.", "Sieve-2", "cleaning", 0.7),
        ),
        (
            "arxiv:1",
            "INTRODUCES",
            "method/sieve",
            0.9,
            said("arxiv:1", "The Sieve is a filter model.", None, "Sieve", 0.9),
        ),
        (
            "arxiv:4",
            "INTRODUCES",
            "method/sieve-2",
            0.9,
            said("arxiv:4", "Sieve-2 refines our Sieve.", None, "Sieve-2", 0.9),
        ),
        ("arxiv:3", "USES", "method/comb", 0.8, said("arxiv:3", "Combs help here.", None, "Combs", 0.8)),
        (
            "arxiv:3",
            "STUDIES",
            "method/filter-model",
            0.7,
            said("arxiv:3", "A filter model works.", None, "filter model", 0.7),
        ),
    ):
        g.add_edge(head, tail, key=relation, confidence=confidence, papers=1, evidence=(evidence,))
    return g


def hostile() -> nx.MultiDiGraph:
    """Return a graph with a payload in every text that a paper or a reader can fill."""
    g = nx.MultiDiGraph()
    for i, evil in enumerate(PAYLOADS):
        paper = f"title:{evil}"
        g.add_node(
            paper,
            label="Paper",
            title=evil,
            published=evil,
            url=evil,
            venue=evil,
            authors=[evil, evil],
            year=2020 + i % 3,
        )
        for kind in ("Method", "Task"):
            g.add_node(
                f"{kind.lower()}/{i}{evil}",
                label="Concept",
                kind=kind,
                name=f"{i} {evil}",
                papers=2,
                mentions=2,
                aliases=[evil],
                alias_counts=[1],
                ambiguous=True,
                note=evil,
                first_seen=evil,
            )
        piece = Evidence(paper, "abstract", 0, len(evil), evil, 0.9, (0, 4), (5, len(evil)))
        g.add_edge(f"method/{i}{evil}", f"task/{i}{evil}", key="USED_FOR", confidence=0.9, papers=1, evidence=(piece,))
        g.add_edge(
            f"method/{i}{evil}",
            f"task/{(i + 1) % len(PAYLOADS)}{PAYLOADS[(i + 1) % len(PAYLOADS)]}",
            key=evil,
            confidence=0.8,
            papers=1,
            evidence=(piece,),
        )
        g.add_edge(paper, f"method/{i}{evil}", key="INTRODUCES", confidence=0.9, papers=1, evidence=(piece,))
    return g


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not CHROMIUM or not DRIVER:
        pytest.skip("needs Chromium and chromedriver on the PATH (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """The page in the browser, and what a reader does there."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, 20).until(lambda _: condition())

    def one(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        # Not .text, which leaves out what is scrolled away.
        return str(self.js("return document.querySelector(arguments[0])?.textContent ?? ''", selector))

    def type(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.type(key)

    def search(self, text: str) -> None:
        self.one("#search").send_keys(text)
        self.wait(lambda: self.text("#search-hits li"))
        self.one("#search").send_keys(Keys.ENTER)

    def click(self, text: str, inside: str = "body") -> None:
        self.js(
            "[...document.querySelectorAll(arguments[1] + ' button')].find((b) => b.textContent.includes(arguments[0])).click()",
            text,
            inside,
        )

    def shown(self) -> set[str]:
        return set(self.js("return explorer.scene.nodes.map((n) => n.label)"))

    def slide(self, selector: str, value: float) -> None:
        self.js(
            "const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('input'))",
            selector,
            value,
        )

    def click_at(self, what: str) -> None:
        """Click on the canvas where the node or the edge of that label is."""
        x, y = self.js(
            "const {network, scene} = explorer, n = scene.nodes.find((n) => n.label === arguments[0]);"
            "const e = scene.edges.find((e) => e.kind === arguments[0]);"
            "const p = n ?? {x: (e.head.x * 0.45 + e.tail.x * 0.55), y: (e.head.y * 0.45 + e.tail.y * 0.55)};"
            "const {x, y} = network.canvasToDOM(p), box = document.querySelector('#graph').getBoundingClientRect();"
            "return [Math.round(x + box.left), Math.round(y + box.top)]",
            what,
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.driver.execute_cdp_cmd(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": x,
                    "y": y,
                    "button": "left",
                    "clickCount": int(kind != "mouseMoved"),
                    "buttons": int(kind == "mousePressed"),
                },
            )

    def requests(self) -> list[str]:
        """Return what was asked of anything but the file itself and the page's own downloads since the last call."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return [url for url in found if not url.startswith(("file://", "blob:file", "blob:null", "data:"))]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


Opener = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Opener]:
    page = Page(chromium)

    def open_(html: str, fragment: str = "") -> Page:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8", newline="\n")
        chromium.get("about:blank")
        page.complaints(), page.requests()
        chromium.get(file.as_uri() + fragment)
        page.wait(lambda: page.js("return Boolean(window.explorer?.ready)"))
        return page

    yield open_
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="module")
def html() -> str:
    return rendering.render(sieves())


def test_it_opens_from_disk_without_requests_and_without_complaints(open_page: Opener, html: str) -> None:
    page = open_page(html)
    assert page.shown() >= {"Sieve", "Filter Model", "Long Sorting", "Pebbles"}
    assert page.js(
        "const c = document.querySelector('#graph canvas').getContext('2d'); const d = c.getImageData(0, 0, c.canvas.width, c.canvas.height).data; return d.some((v) => v)"
    )
    assert (page.requests(), page.complaints()) == ([], [])


def test_search_by_alias_shows_the_evidence_with_the_words_marked(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.search("SVN")
    assert page.text("#panel h3") == "Sieve"
    assert "also sieve net (2), SVN (2)" in page.text("#panel")
    assert page.text("#panel .statement blockquote") == "The Sieve is a filter model."
    assert page.js("return [...document.querySelectorAll('#panel .statement mark')].map((m) => m.textContent)")[:2] == [
        "Sieve",
        "filter model",
    ]
    link = page.one("#panel .statement footer a")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://example.org/1", "noopener noreferrer")
    assert "2021-05-01" in page.text("#panel .statement footer")
    assert "confidence 0.90" in page.text("#panel .statement footer")


def test_search_says_when_nothing_is_found(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.one("#search").send_keys("zzz")
    assert page.text("#search-hits") == "Nothing found"


def test_search_finds_the_words_of_a_sentence(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.search("rows WELL")
    assert page.text("#panel h3") == "is used for"
    assert page.text("#panel blockquote") == "FMs sort long rows well."
    assert "Filter Model" in page.shown()


def test_every_relation_opens_its_sentence(open_page: Opener, html: str) -> None:
    page = open_page(html, "#focus=method/mesh")
    page.js("document.querySelectorAll('#panel details').forEach((d) => { d.open = true; })")
    page.wait(lambda: "Mesh is tested on Pebbles." in page.text("#panel"))
    assert "Our Mesh beats Sieve." in page.text("#panel")


def test_a_click_on_a_node_and_on_an_edge_tells_about_it(open_page: Opener, html: str) -> None:
    page = open_page(html, "#hide=Paper")
    page.click_at("Mesh")
    page.wait(lambda: page.text("#panel h3") == "Mesh")
    page.press(Keys.ESCAPE)
    page.click_at("VARIANT_OF")
    page.wait(lambda: page.text("#panel h3") == "is a variant of")
    assert "Sieve-2 refines our Sieve." in page.text("#panel")


def test_a_path_is_a_chain_from_left_to_right_with_its_weakest_hop(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.one("#path-from").send_keys("sieve", Keys.ENTER)
    page.one("#path-to").send_keys("sorting long", Keys.ENTER)
    page.one("#find-path").click()
    assert page.text("#panel h3") == "Sieve → Filter Model → Long Sorting"
    assert "FMs sort long rows well." in page.text(".step.weakest")
    xs = page.js("return explorer.state.path.found[0].nodes.map((n) => n.x)")
    assert xs == sorted(set(xs))
    assert page.js("return location.hash") == "#path=method/sieve..task/long-sorting"


def test_the_page_finds_the_same_paths_as_the_library(open_page: Opener, html: str) -> None:
    page = open_page(html)
    g = sieves()
    for a, b in (
        ("method/sieve-2", "dataset/pebbles"),
        ("task/cleaning", "task/long-sorting"),
        ("method/mesh", "method/filter-model"),
        ("method/comb", "task/long-sorting"),  # by way of a paper
    ):
        wanted = [
            [path["hops"][0]["from"]["id"], *(hop["to"]["id"] for hop in path["hops"])]
            for path in pathfinding.paths(g, a, b)["paths"]
        ]
        found = page.js(
            "const {nodes, findPaths, state} = explorer, of = (key) => nodes.find((n) => n.key === key);"
            "findPaths(of(arguments[0]), of(arguments[1])); return state.path.found.map((p) => p.nodes.map((n) => n.key))",
            a,
            b,
        )
        assert found == wanted
        assert wanted


def test_a_page_of_paths_opens_on_them(open_page: Opener) -> None:
    g = sieves()
    page = open_page(rendering.render(g, paths=pathfinding.paths(g, "Sieve-2", "long sorting")))
    assert page.text("#panel h3") == "Sieve-2 → Sieve → Filter Model → Long Sorting"
    assert page.driver.title == "Sieve-2 → Long Sorting"
    page = open_page(rendering.render(g, paths=pathfinding.paths(g, "Comb", "long sorting")))
    assert page.text("#panel h3") == "Comb → Paper number 3 → Filter Model → Long Sorting"
    none = pathfinding.paths(g, "Sieve", "long sorting") | {"paths": []}
    page = open_page(rendering.render(g, paths=none))
    assert "Nothing joins them" in page.text("#panel")


def test_two_concepts_are_compared(open_page: Opener, html: str) -> None:
    page = open_page(html, "#compare=method/sieve..method/mesh")
    assert page.text("#panel h3") == "Sieve and Mesh"
    assert "Both are linked with (1)" in page.text("#panel")
    assert "Our Mesh beats Sieve." in page.text("#panel")
    assert {"Sieve", "Mesh", "Pebbles", "Filter Model"} <= page.shown()


def test_filters_change_what_is_shown_and_the_counts(open_page: Opener, html: str) -> None:
    page = open_page(html)
    everything = page.shown()
    page.one('#kinds input[data-name="Task"]').click()
    assert everything - page.shown() == {"Long Sorting", "Cleaning"}
    assert f"{len(page.shown())} of {len(everything)} nodes" in page.text("#count")
    page.slide("#min-papers", 2)
    assert "Sieve-2" not in page.shown()
    page.slide("#min-confidence", 0.5)
    assert page.js("return explorer.scene.edges.some((e) => e.confidence < 0.5)") is False
    page.slide("#year-from", 2023)
    assert page.text("#years-value") == "2023–2024"
    assert page.shown() & {"Paper number 2", "Paper number 3", "Filter Model"} == {"Paper number 3", "Filter Model"}
    page.one("#reset").click()
    assert page.shown() == everything
    page.one('#relations input[data-name="EVALUATED_WITH"]').click()
    assert page.js("return explorer.scene.edges.map((e) => e.kind).includes('EVALUATED_WITH')") is False


def test_filters_that_let_nothing_through_offer_a_way_back(open_page: Opener, html: str) -> None:
    page = open_page(html)
    for box in page.driver.find_elements(By.CSS_SELECTOR, "#kinds input"):
        box.click()
    assert page.one("#nothing").is_displayed()
    page.one("#reset-too").click()
    assert not page.one("#nothing").is_displayed()


def test_more_hops_show_more(open_page: Opener, html: str) -> None:
    page = open_page(html, "#focus=task/long-sorting")
    assert page.shown() == {"Long Sorting", "Filter Model"}
    page.one("#crumb .group button:nth-child(2)").click()
    assert page.shown() >= {"Long Sorting", "Filter Model", "Sieve"}
    assert "hops=2" in page.js("return location.hash")
    page.one("#whole").click()
    assert page.js("return explorer.scene.mode") == "map"


def test_the_keyboard_alone_reaches_everything(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.press("/")
    page.type("sieve", Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ENTER)
    assert page.js("return document.activeElement.textContent") == "Sieve"
    assert "Sieve: " in page.text("#live")
    reached = set()
    page.js("document.activeElement.blur()")
    for _ in range(80):
        page.press(Keys.TAB)
        reached.add(page.js("return document.activeElement.id || document.activeElement.tagName"))
    assert reached >= {
        "search",
        "path-from",
        "path-to",
        "find-path",
        "compare",
        "min-papers",
        "graph",
        "zoom-in",
        "show-table",
        "theme",
        "copy-link",
        "SUMMARY",
    }
    page.js("document.querySelector('#graph').focus()")
    page.press(Keys.ARROW_LEFT)
    if page.text("#panel h3") == "Sieve":
        page.press(Keys.ARROW_RIGHT)
    assert page.text("#panel h3") != "Sieve"
    here = page.text("#panel h3")
    page.press(Keys.ENTER)
    assert page.js("return explorer.state.focus.map((n) => n.label)") == [here]
    scale = page.js("return explorer.network.getScale()")
    page.press("+")
    assert page.js("return explorer.network.getScale()") > scale
    page.press(Keys.ESCAPE)
    assert page.js("return explorer.scene.mode") == "map"
    assert page.complaints() == []


def test_the_table_holds_what_the_graph_shows(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.one("#show-table").click()
    rows = "return [...document.querySelectorAll('#table tbody tr')].map((r) => r.cells[0].textContent)"
    assert set(page.js(rows)) == page.shown()
    page.js("document.querySelector('#table th button').click()")
    assert page.js(rows) == sorted(page.js(rows), key=str.lower)
    page.click("Relations", "#table .group")
    assert len(page.js(rows)) == page.js("return explorer.scene.edges.length")
    page.click("is a kind of", "#table tbody")
    assert "The Sieve is a filter model." in page.text("#panel")


def test_links_in_the_panel_keep_the_keyboard_there(open_page: Opener, html: str) -> None:
    page = open_page(html, "#focus=method/sieve")
    page.js("document.querySelector('#panel .relation .buttons button').focus()")
    page.press(Keys.ENTER)
    assert page.js("return [document.activeElement.tagName, document.activeElement.textContent]") == [
        "H3",
        "Filter Model",
    ]
    page.js("document.querySelector('#skip').click()")
    assert page.js("return [document.activeElement.id, location.hash]") == ["panel", "#focus=method/filter-model"]


def test_the_theme_follows_the_system_and_the_button(open_page: Opener, html: str) -> None:
    page = open_page(html)
    back = "return getComputedStyle(document.body).backgroundColor"
    light = page.js(back)
    page.one("#theme").click()
    assert page.js(back) != light
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    page = open_page(html)
    assert page.js("return document.documentElement.dataset.theme") == "dark"


def contrast(page: Page, foreground: str, background: str) -> float:
    """Return the WCAG contrast of two colours of the style sheet."""
    return float(
        page.js(
            "const css = getComputedStyle(document.documentElement);"
            "const light = (name) => { const n = parseInt(css.getPropertyValue(name).trim().slice(1), 16);"
            "  return [n >> 16, (n >> 8) & 255, n & 255].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)"
            "    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0); };"
            "const [a, b] = [light(arguments[0]), light(arguments[1])]; return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)",
            foreground,
            background,
        )
    )


def test_colours_have_contrast_in_both_themes(open_page: Opener, html: str) -> None:
    page = open_page(html)
    for _ in range(2):
        for kind in ("--method", "--dataset", "--task", "--paper"):
            assert contrast(page, kind, "--back") >= 3, kind
            assert contrast(page, kind, "--disc") >= 3, kind
        for text in ("--text", "--muted", "--accent", "--warn"):
            assert contrast(page, text, "--back") >= 4.5, text
            assert contrast(page, text, "--surface") >= 4.5, text
        assert contrast(page, "--text", "--mark-head") >= 4.5
        assert contrast(page, "--text", "--mark-tail") >= 4.5
        assert contrast(page, "--on-accent", "--accent") >= 4.5
        page.one("#theme").click()


def test_it_fits_a_narrow_screen(open_page: Opener, html: str) -> None:
    page = open_page("<title></title><script>window.explorer={ready:1}</script>")
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    )
    page = open_page(html, "#focus=method/sieve")
    assert page.js("return document.documentElement.scrollWidth") <= 400
    panel = page.one("#panel").rect
    assert panel["width"] == 400
    assert panel["y"] > 300
    assert not page.one("#filters").is_displayed()
    page.one("#show-filters").click()
    assert page.one("#filters").is_displayed()
    wide = page.js(
        "return [...document.querySelectorAll('header button, header summary, #filters button')].filter((b) => b.offsetWidth && b.getBoundingClientRect().right > 400).map((b) => b.id)"
    )
    assert wide == []


@pytest.mark.parametrize(
    ("fragment", "mode", "heading"),
    [
        ("#node=method/mesh", "map", "Mesh"),
        ("#focus=method/mesh&hops=2", "focus", "Mesh"),
        ("#path=method/sieve..task/long-sorting", "path", "Sieve → Filter Model → Long Sorting"),
        ("#compare=method/sieve..method/mesh", "compare", "Sieve and Mesh"),
        ("#node=no/such", "map", "Concepts and papers"),
        ("#path=no/such..neither", "map", "Concepts and papers"),
        ("#papers=x&years=a-b&hops=%", "map", "Concepts and papers"),
    ],
)
def test_a_link_opens_what_it_names(open_page: Opener, html: str, fragment: str, mode: str, heading: str) -> None:
    page = open_page(html, fragment)
    assert (page.js("return explorer.scene.mode"), page.text("#panel h3")) == (mode, heading)
    assert page.complaints() == []


def test_a_link_keeps_the_filters(open_page: Opener, html: str) -> None:
    page = open_page(html)
    page.one('#kinds input[data-name="Task"]').click()
    page.slide("#min-papers", 2)
    page.slide("#year-from", 2022)
    shown, fragment = page.shown(), page.js("return location.hash")
    assert open_page(html, fragment).shown() == shown


def test_downloads_hold_what_is_shown(open_page: Opener, html: str) -> None:
    page = open_page(html, "#hide=Paper")
    data = json.loads(page.js("return explorer.jsonText()"))
    assert {node["name"] for node in data["nodes"]} == page.shown()
    assert {
        "paper": "arxiv:1",
        "title": "Paper number 1",
        "sentence": "The Sieve is a filter model.",
        "confidence": 0.9,
    } in [piece for relation in data["relations"] for piece in relation["evidence"]]
    lines = page.js("return explorer.csvText()").split("\r\n")
    assert lines[0].startswith("from,relation,to,confidence")
    assert (
        "Sieve,SUBCLASS_OF,Filter Model,0.9,1,The Sieve is a filter model.,Paper number 1,2021-05-01,https://example.org/1"
        in lines
    )
    drawing = ElementTree.fromstring(page.js("return explorer.svgText()"))
    assert {node.text for node in drawing.iter(SVG + "text")} >= {"Sieve", "Mesh", "Pebbles"}
    for button in ("save-png", "save-svg", "save-csv", "save-json"):
        page.js("document.getElementById(arguments[0]).click()", button)
        page.wait(lambda button=button: button.removeprefix("save-").upper() + " saved" == page.text("#live"))
    assert (page.requests(), page.complaints()) == ([], [])


def test_hostile_texts_run_nowhere(open_page: Opener) -> None:
    page = open_page(rendering.render(hostile(), title=PAYLOADS[1]))
    pwned = "return window.__pwned ?? null"
    assert page.js(pwned) is None
    for i, evil in enumerate(PAYLOADS):
        page.js("explorer.focusOn([explorer.nodes.find((n) => n.label.startsWith(arguments[0]))])", f"{i} ")
        page.js("document.querySelectorAll('#panel details').forEach((d) => { d.open = true; })")
        page.wait(
            lambda evil=evil: page.js(
                "return [...document.querySelectorAll('#panel blockquote')].some((b) => b.textContent === arguments[0])",
                evil,
            )
        )
        field = page.one("#search")
        field.clear()
        field.send_keys(evil)
        field.clear()
        page.js(
            "const n = (k) => explorer.nodes.find((n) => n.label.startsWith(k) && n.kind === 'Method'); explorer.findPaths(n('0 '), n(arguments[0]))",
            f"{i} ",
        )
        page.js(
            "document.querySelectorAll('#panel button, #panel a').forEach((b) => b.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))"
        )
    page.js(
        "location.hash = '#path=' + encodeURIComponent(arguments[0]) + '&hide=' + encodeURIComponent(arguments[0])",
        PAYLOADS[2],
    )
    page.js("location.hash = ''")
    page.click_at(f"0 {PAYLOADS[0]}")
    page.one("#show-table").click()
    page.click("Relations", "#table .group")
    csv, svg = page.js("return [explorer.csvText(), explorer.svgText()]")
    elements = list(ElementTree.fromstring(svg).iter())
    assert {node.tag.removeprefix(SVG) for node in elements} == {"svg", "title", "rect", "g", "path", "text"}
    assert not any(name.startswith("on") or "href" in name for node in elements for name in node.attrib)
    assert "'=HYPERLINK" in csv
    assert (
        page.js(
            "return document.querySelectorAll('body img, body iframe, body svg[onload], [onerror], [onmouseover]').length"
        )
        == 0
    )
    bad = page.js(
        "return [...document.querySelectorAll('a[href]')].map((a) => a.protocol).filter((p) => !['http:', 'https:', 'file:'].includes(p))"
    )
    assert bad == []
    assert page.js("return [...document.querySelectorAll('script')].length") == 3
    assert page.js(pwned) is None
    assert page.requests() == []
    assert page.complaints() == []


def test_markup_that_got_in_would_not_run_either(open_page: Opener, html: str) -> None:
    planted = html.replace(
        "<header>", "<img src=x onerror=window.__pwned=1><script>window.__pwned=1</script><header>", 1
    )
    page = open_page(planted)
    assert page.js("return window.__pwned ?? null") is None
    assert page.shown()
    assert all("Content Security Policy" in text or "ERR_" in text for text in page.complaints())
