"""The page in a real browser: opens at once, asks for nothing, works by mouse, by keys, on a phone, in the dark."""

import dataclasses
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kullback as kl

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Each would leave a trace in the page if it ran, or change what a reader sees.
HOSTILE = [
    "</script><script>window.ran=1</script>",
    "</style><style>*{display:none}</style>",
    "<img src=x onerror=window.ran=1>",
    "<svg onload=window.ran=1>",
    '" onmouseover="window.ran=1" onfocus="window.ran=1" autofocus="',
    "javascript:window.ran=1",
    "</td></tr></table><h1>shifted</h1>",
    "'; DROP TABLE flights; --",
    "\x1b[2J\x1b[31mred",
    "abc\u202edcba",
    "zero\u200bwidth",
    "half a pair \ud800",
    "x" * 10_000,
    "שלום",
]
# Ends of a shade or a color in CSS terms: what `color` and `background` compute to.
CONTRAST = """
() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((x, i) => x * a + under[i] * (1 - a));
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return color.length === 4 && color[3] < 1 ? over(color, ground(element.parentElement)) : color;
  };
  const weak = [];
  for (const element of document.querySelectorAll("main *")) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const color = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(over(channels(color), under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${element.tagName} ${element.textContent.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}
"""


@pytest.fixture(scope="session")
def browser(require):
    playwright = require("playwright.sync_api")
    require("chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """`visit(path)` opens a page; in the end it must have asked for itself alone, without a complaint."""
    contexts, complaints, asked = [], [], []

    def open_page(path, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        if options.get("java_script_enabled", True):
            page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.log(e.violatedDirective))")
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert len(asked) == len(contexts)


@pytest.fixture(scope="session")
def flights(tmp_path_factory):
    """The page as the command writes it."""
    path = tmp_path_factory.mktemp("page") / "flights.html"
    halves = [str(DATA / f"flights-2013-h{half}.parquet") for half in (1, 2)]
    subprocess.run([sys.executable, "-m", "kullback", "compare", *halves, "--html", str(path), "--quiet"], check=True)
    return path


@pytest.fixture(scope="session")
def penguins():
    return kl.compare(
        DATA / "penguins.csv", split_by="species", reference_value="Adelie", current_value="Gentoo", nulls=["NA"]
    )


def renamed(comparison, names):
    columns = [
        dataclasses.replace(comparison.columns[place % len(comparison)], name=name) for place, name in enumerate(names)
    ]
    return dataclasses.replace(comparison, columns=tuple(columns))


@pytest.fixture
def hostile(penguins, tmp_path):
    path = tmp_path / "hostile.html"
    renamed(penguins, HOSTILE).to_html(path)
    return path


@pytest.fixture
def wide(penguins, tmp_path):
    path = tmp_path / "wide.html"
    renamed(penguins, [f"column_{place:04}" for place in range(5000)]).to_html(path)
    return path


def names(page):
    """The columns that are shown, in their order."""
    rows = page.locator("#list > tbody > tr:not(.opens)")
    return rows.evaluate_all(
        "rows => rows.filter((row) => row.checkVisibility()).map((row) => row.cells[0].textContent)"
    )


def bits(page):
    rows = page.locator("#list > tbody > tr:not(.opens)")
    texts = rows.evaluate_all("rows => rows.map((row) => row.cells[3].textContent)")
    return [math.inf if text == "∞" else -1.0 if text == "–" else float(text) for text in texts]


def sideways(page):
    """Pixels by which a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def head(page, name):
    return page.locator("#list > thead th", has_text=name)


def test_search_by_mouse_and_keys(visit, flights):
    page = visit(flights)
    every = names(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("DELAY")
    assert names(page) == [name for name in every if "delay" in name]
    assert page.locator("output").text_content() == f"2 of {len(every)} columns"
    page.keyboard.press("Escape")
    assert names(page) == every
    assert page.locator("output").text_content() == ""
    page.fill("#search", "no such column")
    assert names(page) == []
    page.get_by_text("similar 13").click()
    page.keyboard.press("/")
    page.keyboard.type("delay")
    assert sorted(names(page)) == ["arr_delay", "dep_delay"]


def test_sort(visit, flights):
    page = visit(flights)
    every = names(page)
    assert head(page, "verdict").get_attribute("aria-sort") == "ascending"
    head(page, "bits").get_by_role("button").click()
    assert bits(page) == sorted(bits(page), reverse=True)
    assert head(page, "bits").get_attribute("aria-sort") == "descending"
    assert head(page, "verdict").get_attribute("aria-sort") is None
    head(page, "bits").get_by_role("button").press("Enter")
    assert bits(page) == sorted(bits(page))
    head(page, "column").get_by_role("button").click()
    assert names(page) == sorted(every)
    head(page, "verdict").get_by_role("button").click()
    assert names(page) == every


def test_what_opens_stays_below_its_column(visit, flights):
    page = visit(flights)
    page.locator("summary", has_text="dep_delay").click()
    head(page, "column").get_by_role("button").click()
    below = page.locator("#list > tbody > tr:has(details[open]) + tr.opens")
    assert below.count() == 1
    assert below.is_visible()
    assert "163 … 1301" in below.inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_filter_by_verdict(visit, flights, script):
    page = visit(flights, java_script_enabled=script)
    page.get_by_text("shifted 4").click()
    shown = page.locator("#list > tbody > tr:not(.opens):visible")
    assert shown.count() == 4
    assert set(shown.locator("td:nth-child(3)").all_inner_texts()) == {"shifted"}


def test_keys_move_and_open(visit, flights):
    page = visit(flights)
    every = names(page)

    def here():
        return page.evaluate("document.activeElement.closest('tr')?.cells[0].textContent")

    for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert here() == every[place]
    opened = page.locator("#list > tbody > tr.opens").first
    for key, shown in (("Enter", True), ("Enter", False), ("Space", True), ("Escape", False)):
        page.keyboard.press(key)
        assert opened.is_visible() is shown


def test_tab_goes_from_the_top_to_the_list(visit, flights):
    page = visit(flights)
    stops = []
    for _ in range(8):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert stops == ["show-all", "search", "column", "kind", "verdict", "bits", *names(page)[:2]]


def test_keys_reach_columns_that_do_not_open(visit, wide):
    page = visit(wide)
    page.fill("#search", "column_4")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.cells[0].textContent") == "column_4001"


def test_it_is_read_in_full_without_script(visit, flights):
    page = visit(flights, java_script_enabled=False)
    assert not page.locator("#search").is_visible()
    page.locator("summary", has_text="flight").first.click()
    opened = page.locator("tr.opens:visible")
    assert opened.count() == 1
    for said in ("0.2108 bits", "2441 … 2921", "plug-in over 64 cells", "p-values", "Jensen-Shannon"):
        assert said in opened.inner_text()
    opened.get_by_text("All counts").click()
    assert opened.get_by_text("reference rows").is_visible()


def test_hostile_names_are_inert(visit, hostile):
    page = visit(hostile)
    page.mouse.move(300, 700)
    for summary in page.locator("#list > tbody summary").all()[: len(HOSTILE)]:
        summary.dispatch_event("click")
    assert page.evaluate("window.ran") is None
    shown = names(page)
    assert shown[0] == HOSTILE[0]
    assert shown[HOSTILE.index("abc\u202edcba")] == "abc\\u202edcba"
    assert len(shown) == len(HOSTILE)
    assert page.locator("h1").count() == 1
    assert sideways(page) <= 0


def test_a_leftward_name_leaves_its_line_alone(visit, hostile):
    page = visit(hostile)
    row = page.locator("#list > tbody > tr", has_text="שלום").first
    left = [row.locator("> *").nth(place).bounding_box()["x"] for place in range(6)]
    assert left == sorted(left)


@pytest.mark.parametrize("width", [320, 360, 768])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_sideways_scrolling(visit, penguins, tmp_path, width, lang):
    path = tmp_path / "page.html"
    penguins.to_html(path, lang=lang)
    page = visit(path, viewport={"width": width, "height": 740})
    assert sideways(page) <= 0
    for summary in page.locator("#list > tbody > tr > th summary").all():
        summary.click()
    for summary in page.locator(".opened summary").all():
        summary.click()
    assert sideways(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(visit, flights, scheme):
    page = visit(flights, color_scheme=scheme)
    for name in ("time_hour", "flight", "tailnum"):
        page.locator("#list > tbody summary", has_text=name).first.click()
    page.locator("footer summary").click()
    assert page.evaluate(CONTRAST) == []


def test_dark_is_dark(visit, flights):
    shade = "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).reduce((sum, x) => sum + +x, 0) / 765"
    assert visit(flights, color_scheme="light").evaluate(shade) > 0.9
    assert visit(flights, color_scheme="dark").evaluate(shade) < 0.15


def test_paper_is_light_and_has_what_was_open(visit, flights):
    page = visit(flights, color_scheme="dark")
    page.locator("summary", has_text="dep_delay").click()
    page.emulate_media(media="print")
    assert not page.locator("#search").is_visible()
    assert page.locator("tr.opens:visible").count() == 1
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST) == []


def test_nothing_moves_for_those_who_want_no_motion(visit, flights):
    page = visit(flights, reduced_motion="reduce")
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every((e) => getComputedStyle(e).transitionDuration === '0s')"
    )


def test_it_is_a_table_for_those_who_hear_it(visit, flights):
    page = visit(flights)
    assert page.get_by_role("table", name="Columns, worst first").count() == 1
    assert page.get_by_role("columnheader", name="bits", exact=True).count() == 1
    line = page.get_by_role("row", name="numeric shifted 0.2101")
    assert line.get_by_role("rowheader").text_content() == "flight"
    assert line.get_by_role("cell").count() == 5
    assert page.get_by_role("radio").count() == 5
    assert page.get_by_role("searchbox", name="Search").count() == 1


def test_five_thousand_columns_open_at_once(visit, wide):
    page = visit(wide)
    # A second on a quiet machine (bench has the figure); this one may be shared.
    assert page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") < 5000
    assert len(names(page)) == 5000
    page.fill("#search", "column_0400")
    assert names(page) == ["column_0400"]


def test_pictures_hold_every_kind_of_column(visit, tmp_path, require):
    polars = require("polars")
    rng = np.random.default_rng(1)
    rows = 3000
    sides = [
        polars.DataFrame(
            {
                "heavy": rng.standard_cauchy(rows) * (1 + side),
                "sentinel": np.where(rng.random(rows) < 0.05 * side, -999.0, rng.normal(size=rows)),
                "day": polars.Series(rng.integers(15_000 + 30 * side, 15_400, rows)).cast(polars.Date),
                "few": rng.integers(1, 13, rows),
            }
        )
        for side in (0, 1)
    ]
    path = tmp_path / "kinds.html"
    kl.compare(*sides).to_html(path)
    page = visit(path)
    for summary in page.locator("#list > tbody > tr > th summary").all():
        summary.click()
    for picture in page.locator(".picture").all():
        frame = picture.bounding_box()
        for label in picture.locator("text").all():
            box = label.bounding_box()
            assert frame["x"] - 4 <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 4
    marks = page.locator(".picture text").all_text_contents()
    assert any(text.startswith("2011-") for text in marks)
    assert page.get_by_text("-999", exact=True).first.is_visible()


def test_the_frame_of_a_notebook_shows_the_page(visit, penguins, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>n</title>{penguins._repr_html_()}", encoding="utf-8")
    page = visit(path)
    inside = page.frame_locator("iframe")
    inside.locator("summary", has_text="island").click()
    assert "Biscoe" in inside.locator("tr.opens:visible").inner_text()
    assert page.locator("iframe").bounding_box()["width"] > 1000


def test_the_command_writes_chinese_to_standard_output():
    words = (
        "compare",
        DATA / "penguins.csv",
        "--split-by",
        "species",
        "--reference",
        "Adelie",
        "--html",
        "-",
        "--lang",
        "zh",
    )
    done = subprocess.run([sys.executable, "-m", "kullback", *map(str, words)], capture_output=True, check=True)
    assert done.stdout.decode("utf-8").startswith("<!doctype html>\n<html lang=zh-Hans>")
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--html", "no/such/folder/x.html"), "does not exist"),
        (("--html", "."), "is a folder"),
        (("--html", "page.html", "--lang", "fr"), "--lang fr is unknown; use en or zh."),
        (("--html", "-", "--json", "-"), "both want to be printed"),
    ],
)
def test_bad_output_is_refused_before_the_work(words, said, tmp_path):
    files = [str(DATA / "flights-2013-h1.parquet"), "no-such-file.parquet"]
    done = subprocess.run(
        [sys.executable, "-m", "kullback", "compare", *files, *words],
        capture_output=True, encoding="utf-8", check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.iterdir())
