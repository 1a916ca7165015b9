"""Reports on games: Markdown and HTML that say the same, harmless whatever the players are called; and pictures."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.games import FixedHorizon, Match, MatrixGame, Rules, play, strategies
from glasswork.games.match import next_round
from glasswork.games.study import studies
from glasswork.view import game_pictures
from glasswork.view.clean import clean
from glasswork.view.game_document import figures, limits
from glasswork.view.game_report import game_html, game_markdown
from glasswork.view.game_svg import figure_svg

Golden = Callable[[str, str], None]


@pytest.fixture(scope="module")
def many(game):
    return studies(
        game.tournament(
            ["tit_for_tat", "grudger", "joss"],
            agents=("joss",),
            repetitions=2,
            self_play=True,
            rules=game.rules(rounds=10, noise=0.05),
        )
    )


def test_a_report_in_markdown(many, golden: Golden) -> None:
    facts = (("run", "20261122-k3f9"), ("models", "qwen2.5-coder-1.5b"))
    golden("game.md", game_markdown(many, title="The prisoner's dilemma", facts=facts))


def test_pictures_stand_where_their_tables_stand(many) -> None:
    text = game_markdown(many, pictures={(0, "standings"): "pictures/standings.svg"})
    assert text.index("## Standings") < text.index("](pictures/standings.svg)") < text.index("## What each got")
    assert text.count("![") == 1


class _Page(HTMLParser):
    """Gathers what a page holds; nothing may be left open, and nothing may run or be fetched."""

    VOID = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words, self.cells = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in {"src", "href", "xlink:href"} for name, _ in attrs), attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def parsed(page: str) -> _Page:
    found = _Page()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


KNOWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "section", "p", "ul", "li", "pre", "div", "table"),
    *("thead", "tbody", "tr", "th", "td", "small", "span", "i", "figure"),
    *("svg", "rect", "line", "circle", "path", "polygon", "polyline", "text"),
}


def test_the_page_is_whole_and_says_what_the_markdown_says(many) -> None:
    page = parsed(game_html(many, title="T", facts=(("run", "k3f9"),)))
    assert page.tags <= KNOWN_TAGS
    text = " ".join(page.words)
    for heading in re.findall(r"^## (.*)$", game_markdown(many, facts=(("run", "k3f9"),)), re.MULTILINE):
        assert heading.replace("\\", "") in text
    assert "prefers-color-scheme: dark" in game_html(many)
    assert "@media print" in game_html(many)


def odd_match(name: str, label: str, other: str):
    """Return a match in which everything that a user can name is named so."""
    matrix = MatrixGame(
        name=name, actions=((label, other), (label, other)), payoffs=(((8, 8), (0, 10)), ((10, 0), (5, 5))), source=name
    )
    rules = Rules(game=matrix, horizon=FixedHorizon(rounds=2))
    rounds = tuple(next_round(rules, 0, n, (label, each)) for n, each in ((1, other), (2, label)))
    return Match(rules=rules, players=(name, f"{name} 2"), seed=0, rounds=rounds, ended="horizon")


NASTY = "<script>alert(1)</script>"
texts = st.text(min_size=1, max_size=30)


@settings(max_examples=25, deadline=None)
@given(texts, texts, texts)
@example(NASTY, '"><img src=x onerror=alert(1)>', "</pre></style><b>")
@example("\x1b[31m", "\u202eevil", "| a | b |")
@example("]]></svg>", "&lt;", "# x")
@example("```", "    ", "![x](y)")
def test_no_name_is_anything_but_a_name(game, name: str, label: str, other: str) -> None:
    if label == other:
        return
    match = odd_match(name, label, other)
    found = studies(game.events(match))
    page = game_html(found, title=name, facts=((name, label),))
    assert parsed(page).tags <= KNOWN_TAGS
    assert all(char.isprintable() or char in "\n\t" for char in page)
    assert html.escape(clean(name)) in page
    text = game_markdown(found, title=name, facts=((name, label),))
    assert all(char.isprintable() or char in "\n\t" for char in text)
    tables = [line for line in text.split("\n") if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in tables[:3]}) == 1
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert len(headings) == len(re.findall("<h[12]>", page))
    prose = "\n".join(line for line in text.split("\n") if not line.startswith("    "))  # code stands as it is
    assert not re.search(r"(?<!\\)<|(?<!\\)!\[", prose)


def test_every_figure_is_sound_xml(many, game) -> None:
    (goods,) = studies(game.events(play(game.rules("public_goods", rounds=3), [strategies.get("random")] * 4, 1)))
    for study in (*many, goods):
        assert ("payoffs" in [*figures(study)]) == (study in many)
        for figure in figures(study):
            root = ET.fromstring(figure_svg(study, figure))
            assert root.tag == "svg"
            assert "nan" not in figure_svg(study, figure)
            assert figure_svg(study, figure) == figure_svg(study, figure)


def test_what_the_numbers_cannot_show_depends_on_them(many, game) -> None:
    said = " ".join(limits(many[0]))
    assert "Of 12 matches 12 differ" in said
    assert "what agents say of themselves" in said
    assert "No population" not in said
    (alone,) = studies(game.tournament(["tit_for_tat", "cooperator"], repetitions=3))
    said = " ".join(limits(alone))
    assert "Of 3 matches 1 differ in who played or what was done; 1 pairings" in said
    assert "have not met" in said
    assert "say of themselves" not in said


def test_several_games_and_none(many, game) -> None:
    other = game.events(play(game.rules("chicken", rounds=2), [strategies.get("joss")] * 2, 1), step="second")
    both = game_markdown((*many, *studies(other)))
    assert "## match: Standings" in both
    assert "## second: Standings" in both
    assert parsed(game_html((*many, *studies(other)))).tags <= KNOWN_TAGS
    assert "This run has no match" in game_markdown(())
    begun = studies(other[:1])
    assert "No match is over yet" in game_markdown(begun)
    assert "<svg" in game_html(begun)


# --- pictures -------------------------------------------------------------------------------------------------------


def test_pictures_are_the_same_bytes_again(many, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        written = game_pictures.draw(many[0], tmp_path / folder)
    assert {*written} == {"payoffs", "standings", "meetings", "cooperation"}
    for paths in written.values():
        for path in paths:
            assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()
    svg = (tmp_path / "a" / "cooperation.svg").read_text(encoding="utf-8")
    assert "<dc:date>" not in svg
    assert ">joss<" in svg
    assert (tmp_path / "a" / "standings.png").read_bytes().startswith(b"\x89PNG")


def test_a_name_in_a_picture_is_no_formula(game, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    (study,) = studies(game.events(odd_match("$\\frac{1}{$ <b> _x_", "$a", "b$")))
    written = game_pictures.draw(study, tmp_path, prefix="1-")
    assert ET.parse(written["standings"][1]).getroot().tag.endswith("svg")
    assert written["standings"][0].name == "1-standings.png"


def test_without_matplotlib_the_extra_is_named(many, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(game_pictures, "drawable", lambda: False)
    with pytest.raises(UserError, match="matplotlib") as error:
        game_pictures.draw(many[0], tmp_path)
    assert "glasswork[pictures]" in (error.value.hint or "")
