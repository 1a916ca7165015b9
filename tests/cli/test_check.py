"""``glasswork check``: which decisions, how many questions, what is kept, and what is left when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasswork.log.lock import open_locked
from glasswork.log.reader import read, verify

ANSWERS = """
answers:
  - {place: "taste#*/check/*", contains: Bake for forty minutes, probabilities: {serve it: 0.8, send it back: 0.2}}
  - {place: "taste#*/check/*", probabilities: {serve it: 0.3, send it back: 0.7}}
  - {place: "bake#*/check/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
"""
"""The taster goes by the recipe (s2), which its explanation cites; the baker's choice has gone into its thinking."""


FREE = ("act-follows-plan", "thought-and-stated", "confidence")


@pytest.fixture
def run(bakery, glasswork) -> Path:
    """A run of the bakery, and a script that answers what a check asks."""
    (bakery / "check.yaml").write_text(ANSWERS, encoding="utf-8")
    glasswork("run", "bakery", "a plain loaf, please", "-q")
    return next((bakery / "logs").glob("*-bakery-*"))


def checked(run: Path) -> list:
    return [event for event in read(run).events if event.type == "decision.checked"]


def test_every_decision_of_the_latest_run(run, glasswork):
    said = glasswork("check", "--model", "scripted:check.yaml")
    assert said.status == 0
    assert "2 decisions to check, up to 44 questions" in said.err
    assert "script took these decisions; scripted:check.yaml is asked about them" in said.err
    assert "taste#1  agent taster  ✓ what it cites drove it" in said.out
    assert "bake#1  agent baker  ○ no segment drove it" in said.out
    assert [(event.decision, event.measure) for event in checked(run)] == [
        (decision, measure) for decision in ("bake#1", "taste#1") for measure in ("influence", "evidence", *FREE)
    ]
    assert "all agents  2" in said.out
    assert verify(run).complete


def test_the_events_point_at_what_they_test(run, glasswork):
    said = glasswork("check", "taste#1", "--model", "scripted:check.yaml", "--json")
    influence, evidence, *_ = checked(run)
    entries = {entry.seq: entry for entry in read(run).entries}
    for event, kind in ((influence, "decision.planned"), (evidence, "decision.explained")):
        assert (entries[event.event].event.type, entries[event.event].hash) == (kind, event.hash)
    driver = next(effect for effect in influence.effects if effect.segment == "s2")
    assert driver.causal
    assert influence.value == driver.effect == pytest.approx(2.2336, abs=1e-3)
    assert influence.calls == 22
    assert influence.usage.total > 0
    assert influence.floor < driver.effect
    assert (evidence.value, evidence.detail["precision"], evidence.detail["omitted"]) == (1.0, 1.0, "")
    assert evidence.detail["verdicts"]["s2"] == "cited and causal"
    assert evidence.detail["at_random"]["precision"] == 0.5
    assert said.data["checked"][0]["checks"]["influence"]["value"] == influence.value
    assert said.data["checked"][0]["own"]["calls"] == 4
    assert said.data["by_agent"]["taster"]["decisions"] == 1


def test_answers_to_a_check_are_none_of_the_run(run, glasswork):
    before = [event for event in read(run).events if event.type.startswith("model.")]
    glasswork("check", "--model", "scripted:check.yaml")
    assert [event for event in read(run).events if event.type.startswith("model.")] == before
    assert glasswork("replay").status == 0
    assert glasswork("log", "list").out.count("✓ done") == 1


def test_pages_show_the_latest_check(run, glasswork):
    assert "checked" not in glasswork("log", "show").out
    glasswork("check", "taste", "--model", "scripted:check.yaml")
    (Path("other.yaml")).write_text(ANSWERS.replace("0.8", "0.3").replace("0.2}", "0.7}"), encoding="utf-8")
    shown = glasswork("log", "show").out
    assert "why ✓" in shown
    assert "✓ cited and causal" in glasswork("log", "why", "taste").out
    glasswork("check", "taste", "--model", "scripted:other.yaml")
    assert [event.measure for event in checked(run)].count("influence") == 2
    assert "why ○" in glasswork("log", "show").out
    assert "○ cited but idle" in glasswork("log", "why", "taste").out
    assert "influence" in glasswork("log", "why", "taste", "--json").data["checks"]


@pytest.mark.parametrize("words", [["taste"], ["taste#1"], ["latest", "taste#1"], ["latest", "taste"]])
def test_words_name_a_decision(run, glasswork, words):
    said = glasswork("check", *words, "--dry-run", "--json")
    assert list(said.data["questions"]) == ["taste#1"]


def test_a_word_names_a_run(run, glasswork):
    said = glasswork("check", run.name[-4:], "--dry-run", "--json")
    assert (said.data["run"], said.data["skipped"]) == (run.name, [])
    assert said.data["questions"] == {"bake#1": 22, "taste#1": 22}


def test_a_dry_run_asks_nothing(run, glasswork):
    said = glasswork("check", "--dry-run", "--orders", "1")
    assert said.status == 0
    assert "taste#1  11 questions  2 segments" in said.out
    assert not checked(run)


def test_a_word_that_names_nothing(run, glasswork):
    said = glasswork("check", "latest", "tasty")
    assert said.status == 2
    assert "no decision or step of this run named 'tasty'" in said.err
    assert glasswork("check", "a", "b", "c").status == 2
    assert glasswork("check", "--from", "x.json", "latest").status == 2


def test_without_a_model_named_the_one_that_decided_is_asked(run, glasswork, bakery):
    with (bakery / "answers.yaml").open("a", encoding="utf-8") as file:
        file.write(ANSWERS.replace("\nanswers:\n", ""))
    said = glasswork("check", "taste")
    assert said.status == 0
    assert "is asked about them" not in said.err
    assert checked(run)[0].model == "script"


def test_another_model_behind_the_same_name_is_noted(run, glasswork, bakery):
    definitions = "version: 1\ndefault: script\nmodels:\n  script: {kind: scripted, file: check.yaml}\n"
    (bakery / "models.yaml").write_text(definitions, encoding="utf-8")
    said = glasswork("check", "taste")
    assert said.status == 0
    assert "is not what it was when the run was made" in said.err


def test_a_failure_part_way_keeps_what_is_done(run, glasswork, bakery):
    answers = ANSWERS.replace("taste#*", "elsewhere#*")
    (bakery / "half.yaml").write_text(answers, encoding="utf-8")
    said = glasswork("check", "--model", "scripted:half.yaml", "--report", "r.md")
    assert said.status == 1
    assert "taste#1: not checked: the script" in said.err
    assert "bake#1" in said.out
    assert {event.decision for event in checked(run)} == {"bake#1"}
    assert "**Incomplete:**" in (bakery / "r.md").read_text(encoding="utf-8")
    assert glasswork("check", "taste", "--model", "scripted:half.yaml").status == 1


def test_a_run_that_is_being_written(run, glasswork):
    import os

    fd = open_locked(run, new=False)
    try:
        said = glasswork("check", "--model", "scripted:check.yaml")
    finally:
        os.close(fd)
    assert said.status == 1
    assert "is at work on" in said.err or "is writing" in said.err
    assert not checked(run)


def test_a_report(run, glasswork, bakery):
    glasswork("check", "--model", "scripted:check.yaml", "--report", "r.md")
    text = (bakery / "r.md").read_text(encoding="utf-8")
    assert "| s2 | steps.bake.text |" in text
    assert "## By agent" in text
    assert "## What this can and cannot show" in text


def test_secrets_do_not_come_into_the_log(run, glasswork, monkeypatch):
    monkeypatch.setenv("BAKERY_API_KEY", "leave-one-out")
    glasswork("check", "taste", "--model", "scripted:check.yaml")
    assert "leave-one-out" not in (run / "events.jsonl").read_text(encoding="utf-8")


# --- cases from a file ----------------------------------------------------------------------------------------------

OPTIONS = [{"label": "A", "text": "this"}, {"label": "B", "text": "that"}]
SEGMENTS = [{"id": f"s{n}", "source": "note", "text": f"text {n}"} for n in (1, 2, 3)]


def ablation(*kept: str, a: float) -> dict:
    return {"kept": kept, "probabilities": {"A": a, "B": 1 - a}}


CASE = {
    "id": "one",
    "segments": SEGMENTS,
    "options": OPTIONS,
    "choice": "A",
    "cited": ["s1"],
    "ablations": [
        *(ablation("s1", "s2", "s3", a=a) for a in (0.9, 0.9, 0.9, 0.91)),
        *(ablation("s2", "s3", a=0.3), ablation("s1", "s3", a=0.9), ablation("s1", "s2", a=0.89)),
    ],
}


def test_recorded_readings_need_no_model(bakery, glasswork):
    single = {**CASE, "id": "two", "options": OPTIONS[:1], "ablations": []}
    Path("cases.json").write_text(json.dumps([CASE, single]), encoding="utf-8")
    said = glasswork("check", "--from", "cases.json", "--json")
    assert said.status == 0
    assert "1 decision to check, from recorded readings, no questions" in said.err
    assert said.data["checked"][0]["checks"]["evidence"]["detail"]["verdicts"]["s1"] == "cited and causal"
    assert said.data["checked"][0]["own"] is None
    assert said.data["skipped"][0]["decision"] == "two"
    assert not Path("logs").exists()
    assert "one  ✓ what it cites drove it" in glasswork("check", "--from", "cases.json").out


def test_a_case_without_readings_needs_a_model(bakery, glasswork):
    Path("cases.json").write_text(json.dumps({**CASE, "ablations": []}), encoding="utf-8")
    said = glasswork("check", "--from", "cases.json")
    assert said.status == 2
    assert "there is no model to ask" in said.err
    said = glasswork("check", "--from", "cases.json", "--model", "dice")
    assert said.status == 2
    assert "does not say how the choice was asked for" in said.err


def test_a_missing_reading_is_told(bakery, glasswork):
    Path("cases.json").write_text(json.dumps({**CASE, "ablations": CASE["ablations"][:5]}), encoding="utf-8")
    said = glasswork("check", "--from", "cases.json")
    assert said.status == 2
    assert "no ablation is recorded for" in said.err
