"""A workflow's demand on the command line: what the summary and the views say, resume, replay, and the log's pointers."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasswork.log.reader import read, verify

CHECKED = """
  - {place: "taste#*/check/*", contains: Bake for forty minutes, probabilities: {serve it: 0.8, send it back: 0.2}}
  - {place: "taste#*/check/*", probabilities: {serve it: 0.3, send it back: 0.7}}
  - {place: "bake#*/check/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
  - place: "*/explain~1"
    json:
      because: [{segment: s1, why: it says for how many}]
      confidence_percent: 70
      would_change_if: there were no guests
"""
"""The taster goes by the recipe, and says so. Nothing that the baker sees moves its choice."""


@pytest.fixture
def demand(bakery, glasswork):
    """Run the bakery with a demand on every explanation; return what was said, and the run's folder."""
    answers, workflow = bakery / "answers.yaml", bakery / "workflows/bakery.yaml"
    answers.write_text(answers.read_text() + CHECKED)

    def run(policy: str, *words: str) -> tuple:
        text = workflow.read_text().replace("calls: 40", "calls: 400").replace("tokens: 20000", "tokens: 200000")
        said = f"defaults: {{explain: {{check: cited_and_causal, {policy}}}}}\n"
        workflow.write_text(text.replace("budget:", said + "budget:"))
        return glasswork("run", "bakery", "a plain loaf, please", *words), next((bakery / "logs").glob("*-bakery-*"))

    return run


def checks(folder: Path) -> list:
    return [entry.event for entry in read(folder).entries if entry.event.type == "decision.checked"]


SHORT = "bake#1: 0 of the 1 segments that its explanation cites drove it, and a share of 0.5 is demanded"


def test_the_summary_says_which_decisions_fell_short(demand, glasswork):
    said, folder = demand("on_fail: flag", "-q")
    assert said.status == 0
    assert f"not met  {SHORT}" in " ".join(said.out.split("\n")).replace("   ", "  ")
    assert "glasswork log why bake#1" in said.out
    assert "taste#1:" not in said.out
    assert verify(folder).complete
    shown = glasswork("log", "show").out
    assert glasswork("log", "show", "--json").data["calls"] == read(folder).events[-1].calls
    assert "no segment drove it beyond the noise floor" in shown
    assert "✓" in shown
    assert "was checked" not in shown
    assert "cited and causal" in glasswork("log", "why", "taste#1").out
    assert glasswork("replay").status == 0


def test_programs_are_told_too(demand):
    said, folder = demand("on_fail: retry", "--json")
    assert said.data["unmet"] == {"bake#1": SHORT}
    assert said.data["calls"] == sum(event.calls for event in checks(folder)) + sum(
        event.type == "model.answered" for event in read(folder).events
    )


def test_they_find_what_a_check_finds_later(demand, glasswork):
    _, folder = demand("on_fail: flag", "-q")
    assert glasswork("check", "taste#1").status == 0
    events = [event for event in checks(folder) if event.decision == "taste#1"]
    demanded = {event.measure: event for event in events if event.at_least is not None}
    later = {event.measure: event for event in events if event.at_least is None}
    for measure in ("influence", "evidence"):
        found, same = demanded[measure], later[measure]
        assert found.detail.pop("met", True)
        update = {"seconds": same.seconds, "usage": same.usage, "at_least": None}  # other words are cut for the floor
        assert found.model_copy(update=update) == same
    assert glasswork("replay").status == 0


def test_events_point_at_what_they_test(demand):
    _, folder = demand("on_fail: retry", "-q")
    entries = {entry.seq: entry for entry in read(folder).entries}
    kinds = {"influence": "decision.planned", "evidence": "decision.explained"}
    for event in checks(folder):
        about = entries[event.event]
        assert (about.event.type, about.event.decision, about.hash) == (
            kinds[event.measure],
            event.decision,
            event.hash,
        )
    evidence = [event.event for event in checks(folder) if (event.decision, event.measure) == ("bake#1", "evidence")]
    assert len({*evidence}) == 2


def test_a_run_that_is_stopped_says_where_to_look(demand, glasswork):
    said, folder = demand("on_fail: stop", "-q")
    assert said.status == 1
    assert f"bake: {SHORT} (see: glasswork log why bake#1)" in " ".join(said.out.split())
    again = glasswork("resume", "-q")
    assert again.status == 1
    assert len(checks(folder)) == 2
    assert glasswork("replay").status == 0


def test_what_cannot_be_tested_is_told_where_it_happened(demand, bakery, glasswork):
    answers = bakery / "answers.yaml"
    answers.write_text(
        answers.read_text().replace("answers:", 'answers:\n  - {place: "bake#*/check/*", error: refused}', 1)
    )
    said, _ = demand("on_fail: flag", "-q")
    assert said.status == 0
    assert "its explanation could not be tested: scripted at" in said.out
    assert "bake#1 was not checked: scripted at" in " ".join(glasswork("log", "show").out.split())
    assert glasswork("log", "why", "bake#1").status == 0


def test_where_nothing_was_weighed_views_say_nothing(demand, bakery, glasswork):
    taster = bakery / "agents/taster.yaml"
    taster.write_text(taster.read_text().replace("[serve it, send it back]", "[serve it]"))
    said, folder = demand("on_fail: stop, at_least: 0", "-q")
    assert said.status == 0
    assert checks(folder)[-1].detail == {"met": True, "reason": "there was one option only, so nothing was weighed"}
    for words in (("log", "show"), ("log", "why", "taste#1"), ("log", "show", "--json"), ("log", "export", "latest")):
        assert glasswork(*words).status == 0, words
    assert "was checked" not in glasswork("log", "show").out


def test_the_plan_counts_the_questions(demand, bakery, glasswork):
    before = glasswork("plan", "bakery", "--json").data["smooth"]["calls"]
    said, _ = demand("on_fail: flag", "--json")
    assert glasswork("plan", "bakery", "--json").data["smooth"]["calls"] == before + 44
    assert said.data["calls"] == before + 44
