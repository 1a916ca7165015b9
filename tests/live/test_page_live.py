"""The replay page in a real browser: no error, no request, its switches and buttons do what they say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.view import tables

from glasswork.view.table_page import replay

pytestmark = [pytest.mark.live, pytest.mark.page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Opened:
    """A page, with what it said and asked for."""

    def __init__(self, browser: Any, folder: Path, events: Any, see: str = "all", **how: Any):
        path = folder / f"{see}.html"
        path.write_text(replay(tables.run(events), see=see), encoding="utf-8")
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_page(**{"viewport": {"width": 1000, "height": 800}, **how})
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def seen(self, what: str) -> list[str]:
        """Return the texts of those elements that show."""
        found = self.page.locator(what)
        return [found.nth(n).inner_text() for n in range(found.count()) if found.nth(n).is_visible()]


@pytest.fixture
def opened(browser, tmp_path):
    pages: list[Opened] = []

    def open_(events=None, see="all", **how) -> Opened:
        pages.append(Opened(browser, tmp_path, events or tables.game(), see, **how))
        return pages[-1]

    yield open_
    for each in pages:
        assert each.said == [], "no error, no warning, nothing that the policy refused"
        assert len(each.asked) == 1, "nothing is loaded but the page"
        each.page.close()


@pytest.mark.parametrize("see", ["all", "public", "Ada"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_and_shows_something(opened, see: str, scheme: str) -> None:
    it = opened(see=see, color_scheme=scheme)
    assert "I am the seer. In the night I looked at Ada, and she is a werewolf." in it.seen(".what")
    picture = it.page.screenshot(full_page=True)
    assert len(picture) > 20_000
    background = it.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")


def test_thoughts_are_switched_off_and_on(opened) -> None:
    it = opened()
    many = len(it.seen(".thought"))
    assert many > 8
    it.page.get_by_role("button", name="Private thoughts").click()
    assert it.seen(".thought") == []
    it.page.keyboard.press("Enter")  # the button has the focus
    assert len(it.seen(".thought")) == many


def test_as_seen_by(opened) -> None:
    it = opened()
    as_ = it.page.get_by_label("As seen by")
    as_.select_option("public")
    assert it.seen("li.private") == []
    assert it.seen(".thought") == []
    assert "believed" not in " ".join(it.seen("figure"))
    as_.select_option("Bo")
    assert [text for text in it.seen("li.private .what") if "card" not in text] == ["looks at Ada: a werewolf"]
    assert "What Bo believed" in " ".join(it.seen("figure"))
    as_.select_option("all")
    assert "wants to kill Cyd" in it.seen("li.private .what")


def test_cards_come_to_light_one_by_one(opened) -> None:
    it = opened()
    it.page.get_by_label("As seen by").select_option("public")
    it.page.get_by_role("button", name="To the beginning").click()
    assert it.seen(".seat .card") == []
    it.page.get_by_role("button", name="Day 1").click()
    assert it.seen(".seat .card") == ["werewolf", "villager"]
    assert it.seen(".seat.gone b") == ["Ada", "Cyd"]
    it.page.get_by_role("button", name="To the end").click()
    assert it.seen(".seat .card") == ["werewolf", "seer", "villager", "doctor", "villager"]


def test_the_keyboard_goes_through_the_game(opened) -> None:
    it = opened(see="public")
    slider = it.page.get_by_role("slider")
    slider.focus()
    it.page.keyboard.press("Home")
    assert it.seen("output") == ["1 of 21"]
    assert it.seen("ol.moments .what") == ["Night falls."]
    it.page.keyboard.press("ArrowRight")
    it.page.keyboard.press("ArrowRight")
    assert it.seen("output") == ["3 of 21"]
    assert it.seen("li.now .what") == ["Cyd is dead."]
    it.page.keyboard.press("End")
    assert it.seen("output") == ["21 of 21"]
    assert it.page.get_by_role("button", name="One on").is_disabled()


def test_of_several_games_one_is_shown(opened) -> None:
    it = opened([*tables.game(1), *tables.game(2)])
    assert it.seen(".game h2") == ["Game 1: the village wins"]
    it.page.locator("#game").select_option("1")
    assert it.seen(".game h2") == ["Game 2: the village wins"]


def test_without_scripts_it_reads_all_the_same(browser, tmp_path) -> None:
    path = tmp_path / "page.html"
    path.write_text(replay(tables.run(tables.game())), encoding="utf-8")
    page = browser.new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    assert page.get_by_text("I am the seer. In the night").is_visible()
    assert page.get_by_text("say what you found out in the night 72%").is_visible()
    assert not page.get_by_role("slider").is_visible(), "what would do nothing is not shown"
    page.close()


def test_on_paper_the_controls_are_gone(opened) -> None:
    it = opened()
    it.page.emulate_media(media="print")
    assert it.seen(".bar") == []
    assert len(it.page.pdf()) > 10_000


def test_on_a_narrow_screen_nothing_runs_over(opened) -> None:
    it = opened(viewport={"width": 360, "height": 700})
    assert it.page.evaluate("document.documentElement.scrollWidth") <= 360
