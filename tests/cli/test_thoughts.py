"""An agent that thinks in trees, from its file to the terminal: run, cut short, resumed, replayed, looked at."""

from __future__ import annotations

import pytest

from glasswork.log.reader import read
from glasswork.log.runs import find_run

TREE = """\
role: baker
plan: {strategy: tree, depth: 2, breadth: 1, branches: 2, options: 2}
act: {produces: text}
"""
TWO_STAGES = """\
role: taster
plan: {strategy: two_stage, choose_from: [serve it, send it back]}
act: {produces: fields, fields: {good: {type: boolean}, remark: {type: string}}}
"""
ANSWERS = """\
answers:
  - place: bake#*/plan/think/0
    json: {thoughts: [a plain loaf, a sweet bun]}
  - place: bake#*/plan/think/*
    json: {thoughts: [knead it long, knead it short]}
  - place: bake#*/plan/value/*
    contains: sweet bun
    label: surely
  - place: bake#*/plan/value/*
    contains: knead it short
    label: hardly
  - place: bake#*/plan/value/*
    label: perhaps
  - place: taste#*/plan
    json: {thinking: It is sweet and it is bread.}
  - place: taste#*/choose*
    label: send it back
  - place: taste#*/plan/all/*
    label: serve it
"""


def events(folder):
    return read(find_run(folder / "logs", "latest")).events


@pytest.fixture
def thinking(bakery):
    """The bakery, its baker a tree, its taster in two stages."""
    (bakery / "agents" / "baker.yaml").write_text(TREE, encoding="utf-8")
    (bakery / "agents" / "taster.yaml").write_text(TWO_STAGES, encoding="utf-8")
    answers = bakery / "answers.yaml"
    answers.write_text(ANSWERS + answers.read_text(encoding="utf-8").partition("answers:\n")[2], encoding="utf-8")
    return bakery


def test_a_tree_is_run_told_and_asked_about(thinking, glasswork):
    said = glasswork("run", "bakery", "a loaf", "-q")
    assert said.status == 0, said.err
    noted = [event for event in events(thinking) if event.type == "thought.noted" and event.decision == "bake#1"]
    assert [(one.number, one.text, one.fate) for one in noted] == [
        (1, "a plain loaf", "dropped"),
        (2, "a sweet bun", "kept"),
        (3, "knead it long", "kept"),
        (4, "knead it short", "dropped"),
    ]
    shown = glasswork("log", "why", "latest", "bake").out
    assert "How it thought" in shown
    assert "a sweet bun; then knead it long" in shown
    assert "all of it: glasswork log why" in glasswork("log", "show", "latest").out
    two = glasswork("log", "why", "latest", "taste").out
    assert "two readings part: the reasoning alone speaks for B (send it back" in two
    assert "by the reasoning alone" in two
    rows = glasswork("log", "query", "SELECT number, fate FROM thoughts WHERE decision = 'bake#1'", "--format", "json")
    assert len(rows.data) == 4


@pytest.mark.parametrize("calls", range(1, 12, 2))
def test_a_tree_that_was_cut_short_goes_on_where_it_was(thinking, glasswork, calls):
    assert glasswork("run", "bakery", "a loaf", "-q").status == 0
    whole = [event for event in events(thinking) if event.type.startswith(("thought", "thinking", "decision.planned"))]
    assert glasswork("run", "bakery", "a loaf", "-q", "--budget", f"calls={calls}").status == 3
    said = glasswork("resume", "-q", "--budget", "calls=50")
    assert said.status == 0, said.err
    again = [event for event in events(thinking) if event.type.startswith(("thought", "thinking", "decision.planned"))]
    key = lambda event: (event.decision, event.type, getattr(event, "number", 0))  # noqa: E731
    assert sorted(again, key=key) == sorted(whole, key=key)
    places = [event.place for event in events(thinking) if event.type == "model.answered"]
    assert len(places) == len(set(places))
    assert glasswork("replay", "latest").status == 0


def test_another_choice_keeps_what_was_thought(thinking, glasswork):
    assert glasswork("run", "bakery", "a loaf", "-q").status == 0
    before = [event for event in events(thinking) if event.type.startswith(("thought", "thinking"))]
    said = glasswork("fork", "latest", "--at", "taste#1", "--choose", "A", "-q")
    assert said.status == 0, said.err
    after = [event for event in events(thinking) if event.type.startswith(("thought", "thinking"))]
    assert after == before
    planned = [event for event in events(thinking) if event.type == "decision.planned"][-1]
    assert (planned.forced, planned.choice, planned.read) == (True, "A", "reasoning")
    assert glasswork("replay", "latest").status == 0


def test_what_was_not_weighed_is_not_checked_and_the_reason_is_told(thinking, glasswork):
    assert glasswork("run", "bakery", "a loaf", "-q").status == 0
    said = glasswork("check", "latest", "taste", "--json")
    assert "read from the reasoning alone" in said.out + said.err


def test_a_wrong_setting_is_told_with_its_place(thinking, glasswork):
    path = thinking / "agents" / "baker.yaml"
    path.write_text(TREE.replace("breadth: 1", "bredth: 1"), encoding="utf-8")
    assert "2:34: unknown key 'bredth'; did you mean 'breadth'?" in glasswork("validate", "baker").err
    path.write_text(TREE.replace("strategy: tree", "strategy: tre"), encoding="utf-8")
    assert "did you mean 'tree'?" in glasswork("validate", "baker").err
    path.write_text(TREE.replace("strategy: tree", "strategy: chain"), encoding="utf-8")
    assert "'depth' does nothing with the strategy 'chain'; it is for: tree" in glasswork("validate", "baker").err


def test_a_plan_says_what_a_tree_may_cost(thinking, glasswork):
    """Two levels: a question each, two thoughts valued in three orders each; two options; an act; an explanation."""
    bake, taste = glasswork("plan", "bakery", "--json").data["steps"]
    assert bake["smooth"]["calls"] == 2 + 2 * 2 * 3 + 2 + 1 + 1
    assert taste["smooth"]["calls"] == 1 + 2 * 2 + 1 + 1, (
        "the options are weighed from the reasoning, and with everything"
    )
