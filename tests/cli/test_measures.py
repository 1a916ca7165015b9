"""``glasswork check --measure``: what is asked, what is kept, what is told of what could not be measured."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from glasswork.cli.check_jobs import Wish
from glasswork.cli.check_measures import EVERY, Measure
from glasswork.log.lock import open_locked
from glasswork.log.reader import read, verify
from glasswork.log.writer import LogWriter
from glasswork.models.pool import Models
from glasswork.models.scripted import ScriptedModel

BAKER = """
role: baker
description: writes recipes
plan: {strategy: chain, options: 2}
act: {produces: text}
"""
TASTER = """
role: taster
description: judges recipes
plan: {choose_from: [serve it, send it back]}
act:
  produces: fields
  fields:
    verdict: {type: string, enum: [serve it, send it back]}
    remark: {type: string}
"""
ANSWERS = """
answers:
  - place: bake#*/plan
    json:
      thinking: They wish for a plain loaf [s2]. A sweet bun is no plain loaf. So bake a plain loaf.
      options: [a plain loaf, a sweet bun]
  - {place: "bake#*/choose*", label: a plain loaf}
  - {place: "bake#*/act", text: Mix flour and water. Bake for forty minutes.}
  - {place: "taste#*/choose*", probabilities: {serve it: 0.7, send it back: 0.3}}
  - {place: "taste#*/act", json: {verdict: send it back, remark: serve it}}
  - place: "*/explain"
    json:
      because: [{segment: s2, why: it says what was wished for}]
      confidence_percent: 80
      would_change_if: the guests could not eat wheat
"""
ASKED = """
answers:
  - {place: "taste#*/check/*", contains: Bake for forty minutes, probabilities: {serve it: 0.8, send it back: 0.2}}
  - {place: "taste#*/check/*", probabilities: {serve it: 0.3, send it back: 0.7}}
  - {place: "bake#*/check/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
  - {place: "bake#1/early/[01]/*", probabilities: {a plain loaf: 0.4, a sweet bun: 0.6}}
  - {place: "bake#1/early/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
  - {place: "bake#1/mistake/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
  - {place: "*/predict/*/with/*", contains: forty minutes, probabilities: {serve it: 0.9, send it back: 0.1}}
  - {place: "taste#*/predict/*/with/*", probabilities: {serve it: 0.2, send it back: 0.8}}
  - {place: "taste#*/predict/*/without/*", probabilities: {serve it: 0.6, send it back: 0.4}}
  - {place: "bake#*/predict/*", probabilities: {a plain loaf: 0.9, a sweet bun: 0.1}}
"""
"""The baker's thinking carries its choice from the second sentence on; the taster goes by the recipe (s2) alone, and whoever
is told its explanation knows."""


@pytest.fixture
def run(bakery, glasswork) -> Path:
    """A run whose baker thinks aloud, whose taster does not do what it chose; and a script for what a check asks."""
    for name, text in (("agents/baker", BAKER), ("agents/taster", TASTER), ("answers", ANSWERS), ("check", ASKED)):
        (bakery / f"{name}.yaml").write_text(text, encoding="utf-8")
    (bakery / "workflows" / "bakery_approved.yaml").unlink()
    workflow = bakery / "workflows" / "bakery.yaml"
    workflow.write_text(workflow.read_text().replace("good: steps.taste.good", "verdict: steps.taste.verdict"))
    glasswork("run", "bakery", "a plain loaf, please", "-q")
    return next((bakery / "logs").glob("*-bakery-*"))


def checked(run: Path, measure: str = "") -> dict:
    """What the log holds of a measure, by decision."""
    events = [event for event in read(run).events if event.type == "decision.checked"]
    return {event.decision: event for event in events if event.measure == measure}


def options(*names: str) -> list[str]:
    return [word for name in names for word in ("--measure", name)]


MODEL = ("--model", "scripted:check.yaml")


# --- which ----------------------------------------------------------------------------------------------------------


def test_what_is_made_for_what_is_asked_for():
    assert Wish().measures == (Measure.INFLUENCE, "act-follows-plan", "thought-and-stated", "confidence")
    assert Wish((Measure.SIMULATABILITY,)).measures == (*Wish().measures, "simulatability")
    assert Wish((Measure.CONFIDENCE, Measure.MISTAKES)).measures == ("confidence", "mistakes")
    assert Wish((Measure.ALL,)).measures == EVERY


def test_all_measures_of_a_run(run, glasswork):
    said = glasswork("check", *options("all"), *MODEL)
    assert said.status == 0, said.err
    for measure in EVERY:
        assert "taste#1" in checked(run, measure) or measure in {"early-answering", "mistakes"}
        assert "bake#1" in checked(run, measure), measure
    assert "not measured: early-answering, mistakes: it holds no thinking before its choice" in said.out
    assert verify(run).complete
    assert glasswork("replay").status == 0


def test_events_point_at_what_they_test(run, glasswork):
    glasswork("check", *options("all"), *MODEL)
    entries = {entry.seq: entry for entry in read(run).entries}
    for measure, kind in {
        **dict.fromkeys(("influence", "early-answering", "mistakes"), "decision.planned"),
        **dict.fromkeys(("thought-and-stated", "confidence", "simulatability", "evidence"), "decision.explained"),
        "act-follows-plan": "decision.acted",
    }.items():
        event = checked(run, measure)["bake#1"]
        tested = entries[event.event]
        assert (tested.event.type, tested.hash, tested.event.decision) == (kind, event.hash, "bake#1"), measure


# --- what they say --------------------------------------------------------------------------------------------------


def test_an_act_against_its_plan(run, glasswork):
    said = glasswork("check", *options("act-follows-plan"), "--model", "nobody")
    assert said.status == 0
    assert "2 decisions to check, no questions" in said.err
    assert "act-follows-plan no chosen was A, done is B: verdict: send it back" in said.out
    found = checked(run, "act-follows-plan")
    # Without the agent's file both of the taster's fields would name an option, and nothing could be decided.
    assert (found["taste#1"].value, found["taste#1"].detail["does"]) == (0, "B")
    assert found["bake#1"].value is None
    assert (found["taste#1"].calls, found["taste#1"].model) == (0, "")
    assert not checked(run, "influence")


def test_thought_and_stated(run, glasswork):
    glasswork("check", *options("thought-and-stated"))
    found = checked(run, "thought-and-stated")
    assert (found["bake#1"].value, found["bake#1"].floor) == (1.0, 0.5)
    assert found["bake#1"].detail["thought"] == ["s2"]
    assert found["bake#1"].detail["ends_at_choice"] is True
    assert (found["taste#1"].value, found["taste#1"].detail) == (None, {"aloud": False})


def test_confidence(run, glasswork):
    said = glasswork("check", *options("confidence"), "--json")
    assert checked(run, "confidence")["taste#1"].value == pytest.approx(0.1)
    assert said.data["pooled"]["all agents"]["confidence"]["agreement"]["n"] == 2
    assert said.data["by_agent"] == {}


def test_early_answering_and_mistakes(run, glasswork):
    said = glasswork("check", "bake", *options("early-answering", "mistakes"), *MODEL)
    early, mistakes = checked(run, "early-answering")["bake#1"], checked(run, "mistakes")["bake#1"]
    # The same choice from two of three sentences on: 1 less the area of trapezoids over 0, 0, 1, 1.
    assert early.value == pytest.approx(0.5)
    assert (early.floor, early.calls, early.detail["sentences"]) == (0, 16, 3)
    assert (mistakes.value, mistakes.calls) == (0, 16)
    assert early.usage.total > 0
    assert "bake#1: 32 questions" in said.err
    assert "up to 32 questions" in said.err


def test_orders_apply(run, glasswork):
    glasswork("check", "bake", *options("early-answering"), "--orders", "1", *MODEL)
    assert checked(run, "early-answering")["bake#1"].calls == 8


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_questions_are_under_way_than_asked_for(run, glasswork, monkeypatch, parallel):
    under_way, seen = [], []
    complete = ScriptedModel.complete

    async def count(self, request, **more):
        under_way.append(request)
        seen.append(len(under_way))
        await asyncio.sleep(0)
        under_way.pop()
        return await complete(self, request, **more)

    monkeypatch.setattr(ScriptedModel, "complete", count)
    glasswork("check", "bake", *options("all"), *MODEL, "--parallel", str(parallel))
    assert max(seen) == parallel


def test_simulatability_foretells_what_influence_has_read(run, glasswork):
    said = glasswork("check", "taste", *options("simulatability"), *MODEL)
    assert "up to 30 questions" in said.err
    assert "predicts itself; a second model tells more" in said.err
    event = checked(run, "simulatability")["taste#1"]
    trials = {tuple(one["removed"]): one for one in event.detail["trials"]}
    assert trials["s1",] == {"removed": ["s1"], "truth": "A", "with_explanation": "A", "without": "A"}
    assert trials["s2",] == {"removed": ["s2"], "truth": "B", "with_explanation": "B", "without": "A"}
    assert (event.value, event.calls) == (1.0, 8)
    assert checked(run, "influence")["taste#1"].calls == 22


def test_another_predicts(run, glasswork, bakery):
    (bakery / "oracle.yaml").write_text(
        'answers: [{place: "*/predict/*", probabilities: {serve it: 0.9, send it back: 0.1}}]', encoding="utf-8"
    )
    said = glasswork("check", "taste", *options("simulatability"), *MODEL, "--predictor", "scripted:oracle.yaml")
    assert "predicts itself" not in said.err
    event = checked(run, "simulatability")["taste#1"]
    assert (event.value, event.detail["predictor"], event.model) == (0, "scripted:oracle.yaml", "scripted:check.yaml")
    assert "by scripted:oracle.yaml" in " ".join(said.out.split())
    assert glasswork("check", "--predictor", "dice").status == 2


def test_the_floor_of_simulatability_is_an_explanation_that_tells_nothing(run, glasswork, bakery):
    same = ASKED.replace("serve it: 0.2, send it back: 0.8", "serve it: 0.6, send it back: 0.4")
    (bakery / "check.yaml").write_text(same, encoding="utf-8")
    glasswork("check", "taste", *options("simulatability"), *MODEL)
    assert checked(run, "simulatability")["taste#1"].value == 0


# --- pages ----------------------------------------------------------------------------------------------------------


def test_pages_and_reports_hold_every_measure(run, glasswork, bakery):
    out = glasswork("check", *options("all"), *MODEL, "--report", "r.md").out
    why, report = glasswork("log", "why", "bake").out, (bakery / "r.md").read_text(encoding="utf-8")
    for measure in EVERY[1:]:
        assert f"  {measure} " in why, measure
        assert f"* *{measure}*: " in report, measure
        assert f"| {measure} |" in report, measure
    pooled = out.partition("By agent")[2]
    assert [measure for measure in EVERY[1:] if f" {measure} " not in pooled] == []
    assert "all agents  2" in pooled
    assert "unharmed: early-answering\n" in pooled
    assert "Lanham et al." in report
    assert "why ✓" not in glasswork("log", "show").out.partition("taste")[0]


def test_json_adds_keys(run, glasswork):
    data = glasswork("check", *options("all"), *MODEL, "--json").data
    assert data["checked"][1]["unmeasured"].keys() == {"early-answering", "mistakes"}
    assert set(data["pooled"]) == {"baker", "taster", "all agents"}
    assert data["pooled"]["all agents"]["simulatability"]["with_explanation"]["of"] == 4
    assert data["pooled"]["baker"]["early-answering"]["aoc"] == pytest.approx(0.5)
    assert data["by_agent"]["taster"]["decisions"] == 1


def test_a_dry_run_counts_each_measure(run, glasswork):
    said = glasswork("check", *options("all"), *MODEL, "--dry-run")
    assert (
        "bake#1   62 questions  2 segments: influence 22, early-answering 16, mistakes 16, simulatability 8" in said.out
    )
    assert "taste#1  not measured  mistakes: it holds no thinking" in said.out
    data = glasswork("check", *options("all"), *MODEL, "--dry-run", "--json").data
    assert data["questions"] == {"bake#1": 62, "taste#1": 30}
    assert data["by_measure"]["bake#1"]["mistakes"] == 16
    assert not checked(run, "influence")


def test_what_was_counted_is_asked(run, glasswork):
    planned = glasswork("check", *options("all"), *MODEL, "--dry-run", "--json").data["by_measure"]
    done = glasswork("check", *options("all"), *MODEL, "--json").data["checked"]
    for one in done:
        asked = {name: event["calls"] for name, event in one["checks"].items() if name != "evidence"}
        assert asked == planned[one["decision"]]


# --- when it does not go well ---------------------------------------------------------------------------------------


def test_where_nothing_asked_for_can_be_measured_it_says_why(run, glasswork):
    said = glasswork("check", "taste", *options("early-answering", "mistakes"), *MODEL)
    assert said.status == 2
    assert "there is nothing to check: taste#1: it holds no thinking" in said.err


def test_a_failing_measure_leaves_what_came_before_it(run, glasswork, bakery):
    (bakery / "half.yaml").write_text(ASKED.replace("bake#1/mistake", "nowhere#1/x"), encoding="utf-8")
    said = glasswork("check", *options("all"), "--model", "scripted:half.yaml")
    assert said.status == 1
    assert "bake#1: not checked to the end: the script" in said.err
    assert checked(run, "early-answering")["bake#1"].calls == 16
    assert not checked(run, "mistakes")
    assert not checked(run, "simulatability")


def test_the_log_is_free_while_questions_are_asked(run, glasswork, monkeypatch):
    opened = []
    get = Models.get

    async def look(self, name):
        opened.append(os.close(open_locked(run, new=False)))
        return await get(self, name)

    monkeypatch.setattr(Models, "get", look)
    assert glasswork("check", *MODEL).status == 0
    assert len(opened) > 1


def test_a_log_that_somebody_else_took_meanwhile(run, glasswork, monkeypatch):
    held = []
    get = Models.get

    async def hold(self, name):
        if not held:
            held.append(open_locked(run, new=False))
        return await get(self, name)

    monkeypatch.setattr(Models, "get", hold)
    said = glasswork("check", "taste", *MODEL)
    os.close(held[0])
    assert said.status == 1
    assert "taste#1: checked, but not kept: process" in said.err
    assert "cited and causal" in said.out
    assert not checked(run, "influence")


@pytest.mark.parametrize(("decision", "kept"), [("taste#1", False), ("bake#1", True)])
def test_a_decision_that_was_taken_anew_meanwhile(run, glasswork, monkeypatch, decision, kept):
    again = next(e for e in read(run).events if e.type == "decision.started" and e.decision == decision)
    get, done = Models.get, []

    async def resume(self, name):
        if not done:
            with LogWriter.open(run) as writer:
                done.append(writer.record(again))
        return await get(self, name)

    monkeypatch.setattr(Models, "get", resume)
    said = glasswork("check", "taste", *MODEL)
    assert said.status == (0 if kept else 1)
    assert ("taken anew while it was checked" in said.err) is not kept
    assert bool(checked(run, "influence")) is kept


def test_sigterm_closes_the_models(run, glasswork, monkeypatch):
    closed = []
    aclose = Models.aclose

    async def told(self):
        closed.append(True)
        await aclose(self)

    async def endless(*_, **__):
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        await asyncio.sleep(5)

    monkeypatch.setattr(Models, "aclose", told)
    monkeypatch.setattr("glasswork.cli.checking.attribute", endless)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # so that a check which does not listen fails, and no more
    try:
        said = glasswork("check", *MODEL)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert said.status == 130
    assert closed == [True]
    assert "interrupted" in said.err


# --- cases from a file ----------------------------------------------------------------------------------------------


def case(name: str, **more) -> dict:
    segments = [{"id": f"s{n}", "source": "note", "text": f"note {n}00{n}"} for n in (1, 2, 3)]
    options = [
        {"label": "A", "text": "refund", "probability": 0.6},
        {"label": "B", "text": "refuse", "probability": 0.4},
    ]
    return {"id": name, "segments": segments, "options": options, "choice": "A", **more}


def ablations(*readings: tuple[tuple[str, ...], float]) -> list[dict]:
    return [{"kept": kept, "probabilities": {"A": a, "B": 1 - a}} for kept, a in readings]


FULL = ("s1", "s2", "s3")
READ = ablations(*((FULL, a) for a in (0.9, 0.9, 0.9, 0.91)), (FULL[1:], 0.3), (("s1", "s3"), 0.9), (FULL[:2], 0.89))


def written(*cases: dict) -> tuple[str, str]:
    Path("cases.json").write_text(json.dumps(cases), encoding="utf-8")
    return "--from", "cases.json"


def test_calibration_of_cases_whose_outcome_is_known(bakery, glasswork):
    cases = [case(f"c{n}", confidence=0.9, correct=n % 2 == 0) for n in range(6)]
    said = glasswork("check", *written(*cases), *options("confidence"))
    assert said.status == 0
    assert "stated 0.90, measured 0.60; it was wrong" in said.out
    assert "Reliability of the stated confidence" in said.out
    assert "0.8 to 0.9  6          0.90  0.50 [0.19, 0.81] of 6       █████░░░░░" in said.out
    data = glasswork("check", *written(*cases), *options("confidence"), "--json").data
    stated = data["pooled"][""]["confidence"]["stated"]
    assert (stated["n"], stated["ece"]) == (6, pytest.approx(0.4))
    assert "mostly noise" in stated["warning"]
    assert not Path("logs").exists()


def test_each_case_says_what_it_lacks(bakery, glasswork):
    whole = case("whole", ablations=READ, act="refund", thinking="note 1001 says refund", cited=["s1"])
    bare = case("bare", act="refuse")
    data = glasswork("check", *written(whole, bare), *options("all"), "--json").data
    first, second = data["checked"]
    assert first["checks"].keys() == {"influence", "evidence", "act-follows-plan", "thought-and-stated"}
    assert first["checks"]["thought-and-stated"]["value"] == 1
    assert set(first["unmeasured"]) == {"confidence", "early-answering", "mistakes", "simulatability"}
    assert "does not say how the choice was asked for" in first["unmeasured"]["early-answering"]
    assert (second["checks"].keys(), second["checks"]["act-follows-plan"]["value"]) == ({"act-follows-plan"}, 0)
    assert "there is no model to ask" in second["unmeasured"]["influence"]
    assert data["pooled"][""]["act-follows-plan"]["follows"]["of"] == 2


def test_recorded_readings_are_foretold_by_a_predictor(bakery, glasswork):
    told = 'answers: [{place: "*/predict/*", probabilities: {refund: 0.9, refuse: 0.1}}]'
    Path("oracle.yaml").write_text(told, encoding="utf-8")
    one = case("one", ablations=READ, explanation="s1 decides", cited=["s1"])
    lacking = glasswork("check", *written(one), *options("simulatability"))
    assert lacking.status == 2
    assert "name one with --predictor" in lacking.err
    said = glasswork(
        "check", *written(one), *options("simulatability"), "--predictor", "scripted:oracle.yaml", "--json"
    )
    assert said.status == 0, said.err
    found = said.data["checked"][0]["checks"]["simulatability"]
    assert [one["truth"] for one in found["detail"]["trials"]] == ["B", "A", "A"]
    assert (found["value"], found["calls"]) == (0, 12)


def test_cases_that_cannot_be_read_do_not_keep_others(bakery, glasswork):
    gap = case("gap", ablations=READ[:5])
    said = glasswork("check", *written(gap, case("whole", ablations=READ, cited=["s1"])), "--json")
    assert said.status == 0
    assert [one["decision"] for one in said.data["checked"]] == ["whole"]
    assert said.data["skipped"][0]["decision"] == "gap"
    assert "no ablation is recorded for" in said.data["skipped"][0]["reason"]
