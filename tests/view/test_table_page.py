"""The replay page: whole, harmless, self-contained, and holding nothing that its reader may not know."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.view import tables
from tests.view.random_tables import CANARY, canaries, games

from glasswork.games.werewolf.seeing import visible
from glasswork.view.clean import clean
from glasswork.view.table import plays_table
from glasswork.view.table_curve import Axis, curves_svg, mean_curves, own_curves
from glasswork.view.table_ledger import ledger_of
from glasswork.view.table_looks import SCRIPT, STYLE
from glasswork.view.table_page import policy, replay
from glasswork.view.tale import tell

VOID = frozenset({"meta", "input"})


class Page(HTMLParser):
    """Gathers what a page holds; nothing may be left open, and nothing may be fetched or run from an attribute."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.words, self.nodes, self.texts = [], [], [], {"script": [], "style": []}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert not [name for name in names if name.startswith("on") or name in {"src", "href", "style", "srcdoc"}], (
            attrs
        )
        self.nodes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        kind = self.open[-1] if self.open else ""
        self.texts.get(kind, self.words).append(data)

    def all(self, tag, **wanted):
        return [each for name, each in self.nodes if name == tag and wanted.items() <= each.items()]


def page_of(see="all", events=None, **how):
    return replay(tables.run(events or tables.game()), see=see, **how)


def test_it_is_whole_and_says_what_happened() -> None:
    page = Page(page_of())
    words = " ".join(page.words)
    for expected in (
        "I am the seer.",
        "votes for Ada",
        "Ada 3, Bo 1",
        "Cyd is dead.",
        "say what you found out",
        "Suspicion",
    ):
        assert expected in words
    assert [each["data-died"] for each in page.all("li") if "data-fate" in each].count("0") == 3
    assert "prefers-color-scheme: dark" in STYLE
    assert "@media print" in STYLE


def test_a_browser_runs_and_loads_nothing_else() -> None:
    page = Page(page_of())
    (meta,) = [each for each in page.all("meta") if "http-equiv" in each]
    assert meta["content"] == policy()
    assert "default-src 'none'" in policy()
    for kind, text in (("script", SCRIPT), ("style", STYLE)):
        assert "".join(page.texts[kind]) == text, "what is hashed is what stands there"
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy()
    assert not re.search(r"https?://|@import|url\(", page_of())


def test_every_control_has_a_name() -> None:
    page = Page(page_of(events=[*tables.game(1), *tables.game(2)]))
    assert all(each.get("aria-label") for each in page.all("input"))
    assert {each["id"] for each in page.all("select")} == {"game", "as"}
    assert page.all("button", id="thoughts")[0]["aria-pressed"] == "true"
    assert all(each["type"] == "button" for each in page.all("button"))


@pytest.mark.parametrize("see", ["public", "Bo"])
def test_a_page_for_somebody_holds_no_switch_to_more(see: str) -> None:
    page = Page(page_of(see))
    assert page.all("select") == []
    assert bool(page.all("button", id="thoughts")) == (see == "Bo")
    assert "seed" not in " ".join(page.words)


def test_a_public_page_holds_nothing_private() -> None:
    text = page_of("public")
    for secret in (
        "I must turn this around",
        "accuse Bo of being",
        "protects",
        "looks at",
        "wants to kill",
        "thinks",
        "62%",
    ):
        assert secret not in text.replace(SCRIPT, "").replace(STYLE, "")


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_nothing_hidden_is_in_the_page(data) -> None:
    events, known = data.draw(games())
    see = data.draw(st.sampled_from(["public", *tables.NAMES]))
    text = replay(events, see=see)
    Page(text)
    assert {*CANARY.findall(text)} <= canaries(events, see, known)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=30))
def test_whatever_is_said_is_harmless(said: str) -> None:
    nasty = f"</p></script><script>alert(1)</script>{said}<img src=x onerror=y>"
    events = [
        event.model_copy(update={"text": nasty, "by": nasty, "card": nasty})
        if event.type == "table.happened"
        else event.model_copy(update={"thinking": nasty})
        if event.type == "decision.planned"
        else event.model_copy(update={"players": tuple(f"{n}{nasty}" for n in range(5)), "kinds": (nasty,) * 5})
        if event.type == "match.started"
        else event
        for event in tables.game()
    ]
    page = Page(page_of(events=events, title=nasty))
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert clean("alert(1)") in " ".join(page.words)


def test_a_run_without_a_game_and_one_cut_off_have_pages() -> None:
    assert "No game of werewolf" in replay([])
    whole = tables.run(tables.game(), ended=False)
    for upto in range(0, len(whole), 5):
        Page(replay(whole[:upto]))


def test_suspicion_leaves_out_the_werewolves_own_and_the_dead() -> None:
    items = [event for event in tables.game() if event.type in {"weighed", "table.happened"}]
    mean = mean_curves(items, tables.CARDS)
    ((_, of_bo),) = mean.of["Bo"][-1:]
    assert of_bo == pytest.approx(0.2), "Ada, a werewolf, said 0.62"
    assert own_curves(items, "Ada").of["Bo"][-1][1] == pytest.approx(0.62)
    assert "Bo" not in own_curves(items, "Bo").of


def test_a_curve_stays_in_its_picture() -> None:
    items = [event for event in tables.game() if event.type in {"weighed", "table.happened"}]
    svg = curves_svg(mean_curves(items, {}), tables.NAMES, Axis(31, ((7, "N1"), (12, "D1"))), "t")
    width = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    assert all(0 <= float(x) <= width for x in re.findall(r'c?x1?="([\d.]+)"', svg))


def test_of_many_games_some_are_shown() -> None:
    events = [event for number in range(1, 15) for event in tables.game(number)]
    text = page_of(events=events)
    assert text.count('<section class="game"') == 12
    assert "2 more games stand in the log." in text


def test_each_thing_names_the_seats_that_may_know_it() -> None:
    page = Page(page_of())
    private = [each["data-seen"] for each in page.all("li") if each.get("class", "").startswith("private")]
    assert private == ["0", "1", "2", "3", "4", "0", "0", "0", "3", "1"], "cards, the pack, the night"
    assert {each["data-seen"] for each in page.all("li") if each.get("class") == "news"} == {"*"}
    thoughts = [each["data-seen"] for each in page.all("div", **{"class": "thought"})]
    assert thoughts[:3] == ["0", "3", "1"]


def ledger(see: str):
    said = "I am the doctor. I protected Bo."
    events = [
        event.model_copy(update={"text": said}) if getattr(event, "text", "") == "I am listening." else event
        for event in tables.run(tables.game())
    ]
    (round_,) = [each for each in tell(visible(events, see)).rounds if plays_table(each)]
    return {each.says: each for each in ledger_of(round_, see) if each.by == "Dan"}


def test_what_a_claim_of_an_act_is_worth_only_its_speaker_knows() -> None:
    assert (ledger("all")["protected Bo"].truth, ledger("all")["protected Bo"].honest) == ("false", "lie")
    assert ledger("Dan")["protected Bo"].honest == "lie"
    for see in ("public", "Bo"):
        found = ledger(see)
        assert (found["protected Bo"].truth, found["protected Bo"].honest) == ("open", "")
        assert found["is the doctor"].truth == "true", "in the end the cards lie open"
