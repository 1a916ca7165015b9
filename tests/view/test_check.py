"""How checks look: on a decision's page, in the tale of a run, in a table, in a report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.attribution import Attribution
from glasswork.explain.case import Case, CaseOption
from glasswork.explain.evidence import evidence
from glasswork.explain.floor import Floor
from glasswork.explain.measures import Measured, by_agent
from glasswork.log.about import RunAbout
from glasswork.log.checks import checks_of, read_checks
from glasswork.log.reader import Log
from glasswork.log.writer import LogWriter
from glasswork.records import DecisionChecked, DecisionStarted, Effect, Segment, Usage
from glasswork.view import verdicts
from glasswork.view.as_json import check_json, story_json, why_json
from glasswork.view.check import Checked, check_view, how_asked
from glasswork.view.check_report import report_of
from glasswork.view.story import story
from glasswork.view.tale import tell
from glasswork.view.theme import ASCII, UNICODE
from glasswork.view.why import why

Show = Callable[..., str]
Golden = Callable[[str, str], None]
CAUSAL = Effect(segment="s3", effect=2.31, low=1.9, high=2.72, causal=True, cited=True)
IDLE = Effect(segment="s2", effect=0.08, low=-0.1, high=0.26, causal=False, cited=True)
OMITTED = Effect(segment="s1", effect=3.05, low=2.6, high=3.5, causal=True, cited=False, censored=True)
AGAINST = Effect(segment="s1", effect=-0.9, low=-1.3, high=-0.5, causal=False, cited=False)


def checked(decision: str, *effects: Effect, explained: bool = True) -> list[DecisionChecked]:
    top, said = max(effects, key=lambda one: one.effect), evidence(effects)
    both = {"decision": decision, "event": 1, "hash": "a" * 64, "method": "leave-one-out", "model": "qwen"}
    influence = DecisionChecked(
        **both,
        measure="influence",
        value=top.effect,
        low=top.low,
        high=top.high,
        floor=0.4,
        effects=effects,
        detail={"orders": 2, "margin": 1.5},
        calls=24,
        usage=Usage(prompt_tokens=11_000, completion_tokens=24),
        seconds=6.6,
    )
    cites = DecisionChecked(**both, measure="evidence", value=said.weighted_recall, detail=said.model_dump(mode="json"))
    return [influence, cites] if explained else [influence]


@pytest.fixture
def tested(make: SimpleNamespace) -> Log:
    """The team's run, two of whose decisions were checked after its end; one of them twice."""
    return make.log_of(
        [
            *make.team_run(),
            *checked("build#1", IDLE, AGAINST),
            *checked("build#2", OMITTED, IDLE, CAUSAL),
            *checked(
                "build#1", AGAINST, IDLE.model_copy(update={"effect": 1.0, "low": 0.8, "high": 1.2, "causal": True})
            ),
        ]
    )


def test_a_page_shows_influence_and_marks(tested: Log, show: Show, golden: Golden) -> None:
    text = show(why(tested, "build#2"))
    golden("why-checked.txt", text)
    assert "nothing on this page has tested them" not in text


def test_a_page_in_ascii(tested: Log, show: Show, golden: Golden) -> None:
    golden("why-checked-ascii.txt", show(why(tested, "build#2"), encoding="ascii"))


def test_the_tale_carries_a_sign_beside_the_reasons(tested: Log, show: Show, golden: Golden) -> None:
    text = show(story(tested))
    golden("story-checked.txt", text)
    whys = [line.split()[:2] for line in text.splitlines() if line.startswith("  why")]
    assert ["why", "✓"] in whys
    assert ["why", "!"] in whys
    assert "── checked: build#1, build#2" in text


def test_nothing_is_shown_where_nothing_was_checked(team: Log, show: Show) -> None:
    assert "checked" not in show(story(team))
    assert "What a check found" not in show(why(team, "build#2"))


def test_the_latest_check_counts(tested: Log) -> None:
    assert tell(tested.events).decision("build#1").checks["influence"].effects[1].causal
    assert checks_of(tested.events)["build#1"]["influence"].effects[1].causal


def test_a_decision_that_is_taken_anew_is_unchecked(tested: Log) -> None:
    again = next(e for e in tested.events if isinstance(e, DecisionStarted) and e.decision == "build#2")
    events = [*tested.events, again]
    assert tell(events).decision("build#2").checks == {}
    assert set(checks_of(events)) == {"build#1"}


def test_checks_are_read_ahead_of_a_run(tested: Log, tmp_path) -> None:
    with LogWriter.create(tmp_path / "r-aaaa", RunAbout(run="r-aaaa", workflow="w")) as writer:
        for event in tested.events:
            writer.record(event)
    assert read_checks(tmp_path / "r-aaaa") == checks_of(tested.events)


def test_json_carries_checks(tested: Log) -> None:
    page = why_json(tested, "build#2")
    assert page["checks"]["evidence"]["detail"]["omitted"] == "s1"
    assert [one["segment"] for one in page["checks"]["influence"]["effects"]] == ["s1", "s2", "s3"]
    happened = [item for step in story_json(tested)["steps"] for item in step["happened"]]
    assert {item["decision"] for item in happened if item.get("checks")} == {"build#1", "build#2"}


def found(tested: Log) -> tuple[list[Checked], list[tuple[str, str]], dict]:
    decisions = tell(tested.events).decisions
    pages = [page for name in ("build#1", "build#2") if (page := Checked.of(decisions[name]))]
    return (
        pages,
        [("test#1", "there was one option only, so nothing was weighed")],
        by_agent([Measured(case_of(page), attribution_of(page), stated=True) for page in pages]),
    )


def case_of(page: Checked) -> Case:
    options = (CaseOption(label="A", text="this"), CaseOption(label="B", text="that"))
    return Case(id=page.name, agent=page.agent, segments=page.segments, options=options, choice="A")


def attribution_of(page: Checked) -> Attribution:
    floor = Floor(value=0.4, scale=0.2, freedom=6)
    return Attribution(page.effects, 1.5, floor, "leave-one-out", (), 0)


def test_tables(tested: Log, show: Show, golden: Golden) -> None:
    golden("check.txt", show(check_view(*found(tested)), 100))


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_width(tested: Log, show: Show, width: int, encoding: str) -> None:
    for page in (check_view(*found(tested)), why(tested, "build#2"), story(tested)):
        assert max(map(len, show(page, width, encoding=encoding).splitlines())) <= width


def test_the_report(tested: Log, golden: Golden) -> None:
    text = report_of("r-aaaa", *found(tested), failed="no answer")
    golden("check.md", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(re.fullmatch(r"\|(?:[^|\\]|\\.)*(?:\|(?:[^|\\]|\\.)*)*\|", row) for row in rows)


def test_markup_in_a_source_stays_text(tested: Log) -> None:
    page = found(tested)[0][1]
    segments = tuple(Segment(id=f"s{n}", source="a|b<i>", text="`x`") for n in (1, 2, 3))
    page = Checked(page.name, page.agent, segments, {"influence": page.influence})
    assert r"a\|b\<i\>" in report_of("r", [page], [], {})


def test_json_of_a_check(tested: Log) -> None:
    data = check_json("r", *found(tested))
    assert json.loads(json.dumps(data)) == data
    assert data["checked"][1]["own"]["calls"] == 5
    assert data["by_agent"]["engineer"]["decisions"] == 2


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_verdicts_differ_without_colour(glyphs) -> None:
    effects = [
        CAUSAL.model_copy(update={"cited": cited, "causal": causal})
        for cited in (False, True)
        for causal in (False, True)
    ]
    assert len({verdicts.of_segment(one, glyphs).sign for one in effects}) == 4


def test_verdict_of_a_decision() -> None:
    def sign(*effects: Effect, explained: bool = True) -> str:
        events = {one.measure: one for one in checked("d", *effects, explained=explained)}
        found = verdicts.of_decision(events, UNICODE)
        return found.sign if found else ""

    assert sign(CAUSAL, AGAINST) == "✓"
    assert sign(CAUSAL, IDLE) == "!"
    assert sign(CAUSAL, OMITTED) == "!"
    assert sign(OMITTED) == "!"
    assert sign(IDLE, AGAINST) == "○"
    assert not sign(CAUSAL, explained=False)


@given(value=st.floats(-50, 50), floor=st.floats(0, 50), scale=st.floats(0.01, 50))
def test_bars_are_of_one_width(value: float, floor: float, scale: float) -> None:
    scale = max(scale, floor, abs(value))
    width = verdicts.BEFORE + verdicts.BEHIND + 2
    assert verdicts.bar(value, floor, scale, ASCII).cell_len == width
    assert verdicts.floor_bar(floor, scale, ASCII).cell_len == width


def test_where_no_question_was_asked_the_reason_is_told(tested: Log) -> None:
    (event, *_) = [event for event in tested.events if event.type == "decision.checked" and event.calls]
    asked = " ".join(how_asked(event, None))
    later = " ".join(how_asked(event.model_copy(update={"calls": 0}), None))
    demanded = " ".join(how_asked(event.model_copy(update={"calls": 0, "at_least": 0.5}), None))
    assert f"{event.calls} questions" in asked
    assert later.endswith("from recorded readings")
    assert demanded.endswith("as measured for the earlier explanation")
