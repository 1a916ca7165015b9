"""Signs without a model: each rule finds what it is for, and leaves a sound run alone."""

from datetime import UTC, datetime

import pytest

from glasswork.explain.rules import signs_in_run, signs_in_trace
from glasswork.explain.traces import Trace, TraceStep
from glasswork.log.reader import Entry
from glasswork.records import (
    Acted,
    Because,
    DecisionChecked,
    DecisionStarted,
    Effect,
    Explained,
    MessageSent,
    Option,
    Planned,
    Redacted,
    SandboxRan,
    Segment,
    SpeakerChosen,
    StepFinished,
    StepStarted,
)


def trace(*steps, question=""):
    return Trace(question=question, steps=tuple(TraceStep(agent=agent, text=text) for agent, text in steps))


def found(signs):
    return [(one.rule, one.agent, one.index) for one in signs]


# --- traces ---------------------------------------------------------------------------------------------------------


def test_repetitions_echoes_and_empty_steps():
    said = "Please look up the population of the town in the year 1990 and report it."
    signs = signs_in_trace(
        trace(
            ("a", said),
            ("b", "It was 1200 in the town."),
            ("a", said.replace("Please ", "please  ")),
            ("b", said),
            ("b", " "),
        )
    )
    assert found(signs) == [("repetition", "a", 2), ("echo", "b", 3), ("empty", "b", 4)]
    assert "word for word, as at 0" in signs[0].evidence


def test_nearly_the_same_is_a_repetition_and_short_words_are_not():
    long = " ".join(f"word{n}" for n in range(60))
    assert found(signs_in_trace(trace(("a", long), ("a", f"{long} more")))) == [("repetition", "a", 1)]
    assert signs_in_trace(trace(("a", long), ("a", " ".join(long.split()[::-1])))) == ()
    assert signs_in_trace(trace(("a", "Yes."), ("a", "Yes."), ("b", "Yes."))) == ()


def test_people_and_tools_may_say_the_same_again():
    out = "exit code zero and nothing else printed"
    assert signs_in_trace(trace(("Computer_terminal", out), ("Computer_terminal", out))) == ()


def test_an_input_that_nobody_takes_up():
    ignored = "Beware: Helsinki changed its tariff yesterday, customs demand certificates."
    signs = signs_in_trace(trace(("a", ignored), ("b", "Buying apples now."), ("c", "Sold.")))
    assert ("ignored input", "b", 1) in found(signs)
    taken_up = signs_in_trace(trace(("a", ignored), ("b", "Buying apples now."), ("c", "The tariff matters.")))
    assert "ignored input" not in {one.rule for one in taken_up}
    asked = signs_in_trace(trace(("a", ignored), ("b", "Buying."), question=ignored))
    assert "ignored input" not in {one.rule for one in asked}


# --- runs -----------------------------------------------------------------------------------------------------------

OPTIONS = (
    Option(label="A", text="low: nothing personal", probability=0.3),
    Option(label="B", text="high: stop", probability=0.7),
)
INPUT = Segment(
    id="s2", source="steps.analyse.items", text="Passport numbers of Estonian customers are stored unencrypted."
)
TASK = Segment(id="s1", source="task", text="Judge the plan.")


def decision(
    id_="legal#1",
    *,
    agent="lawyer",
    act="risk: high",
    data=None,
    produces="fields",
    why="They are customers.",
    cite="s1",
):
    step = id_.partition("#")[0]
    return [
        DecisionStarted(decision=id_, step=step, agent=agent, role=agent, model="m", strategy="direct", segments=(TASK, INPUT)),
        Planned(decision=id_, thinking="", options=OPTIONS, choice="B", order_consistency=1, orders=2),
        Acted(decision=id_, produces=produces, text=act, data=data),
        Explained(decision=id_, reader="r", because=(Because(segment=cite, why=why),), confidence=0.5, would_change_if="no"),
    ]  # fmt: skip


def run(*events):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return [Entry(seq, now, event) for seq, event in enumerate(events, start=1)]


def test_a_sound_decision_shows_no_sign():
    assert signs_in_run(run(*decision())) == ()


def test_an_act_against_the_plan():
    signs = signs_in_run(run(*decision(data={"risk": "low"})))
    assert found(signs) == [("act against plan", "lawyer", 3)]
    assert (signs[0].stage, signs[0].step) == ("act", "legal")
    edited = [
        event.model_copy(update={"edited": True}) if isinstance(event, Acted) else event
        for event in decision(data={"risk": "low"})
    ]
    assert signs_in_run(run(*edited)) == ()


def test_an_input_that_is_neither_cited_nor_used():
    assert found(signs_in_run(run(*decision(why="It is as it is.")))) == [("ignored input", "lawyer", 1)]
    assert signs_in_run(run(*decision(why="It is as it is.", cite="s2"))) == ()


def checked(causal, effect=0.0):
    effect = Effect(segment="s2", effect=effect, low=effect, high=effect, causal=causal, cited=False)
    return DecisionChecked(
        decision="legal#1", event=2, hash="", measure="influence", method="m", value=None, effects=(effect,)
    )


def test_what_was_measured_counts_for_more_than_words():
    silent = decision(why="It is as it is.")
    assert signs_in_run(run(*silent, checked(True, 2.0))) == ()
    assert [one.rule for one in signs_in_run(run(*silent, checked(False)))] == ["ignored input", "idle input"]
    assert [one.rule for one in signs_in_run(run(*decision(), checked(False)))] == ["idle input"]


def test_a_repeated_round_and_an_empty_one():
    again = [
        *decision("build#1", produces="text", act="the same text once more"),
        *decision("build#2", produces="text", act="the same text once more"),
    ]
    assert found(signs_in_run(run(*again))) == [("repetition", "lawyer", 7)]
    assert found(signs_in_run(run(*decision(act=" ", produces="text")))) == [("empty", "lawyer", 3)]


def test_a_loop_that_ran_to_its_maximum():
    reason = "steps.test.passed does not hold after 3 repeats"
    ended = StepFinished(step="fix", state="failed", reason=reason, output={"rounds": 4, "done": False})
    assert found(signs_in_run(run(StepStarted(step="fix", kind="loop"), ended))) == [("unaware of end", "", 2)]
    broken = ended.model_copy(update={"reason": "build failed"})
    assert signs_in_run(run(broken)) == ()


def talk(choice):
    options = (
        Option(label="A", text="critic, who has spoken once: …", probability=0.5),
        Option(label="B", text="Nobody: the task is finished.", probability=0.5),
    )
    return SpeakerChosen(step="chat", turn=2, options=options, choice=choice, order_consistency=1, orders=2)


@pytest.mark.parametrize(("choice", "rules"), [("A", ["unaware of end"]), ("B", [])])
def test_a_talk_that_nobody_ended(choice, rules):
    signs = signs_in_run(
        run(StepStarted(step="chat", kind="team"), talk(choice), StepFinished(step="chat", state="done"))
    )
    assert [one.rule for one in signs] == rules


def test_a_failed_step_says_what_it_had_been_given():
    events = run(
        StepStarted(step="legal", kind="agent", agent="lawyer"),
        *decision(),
        StepFinished(step="legal", state="failed", reason="no answer"),
    )
    (sign,) = signs_in_run(events)
    assert (sign.rule, sign.agent, sign.step) == ("failed step", "lawyer", "legal")
    assert sign.evidence == "no answer; it had been given steps.analyse.items"


def test_failed_tests_are_told_of_whoever_wrote_the_program():
    ran = SandboxRan(
        place="test#1/sandbox", backend="jail", argv=("python",), files=(), limits={}, limits_enforced=(), passed=False, report="1 failed",
        failures=("assert add(1, 1) == 3",), reason="exit", exit_code=1, stdout="", stderr="", truncated=False, seconds=0.1,
    )  # fmt: skip
    code = decision("build#1", agent="engineer", produces="code", act="```python\nx\n```", data="x")
    signs = signs_in_run(
        run(*code, *decision("test#1", agent="tester", produces="cases", act="assert True", data=None), ran)
    )
    assert [(one.rule, one.agent, one.index) for one in signs] == [("failed tests", "engineer", 3)]
    assert "add(1, 1)" in signs[0].evidence


def test_guests_speak_too_and_members_only_once():
    said = "What the critic said, word for word, in the talk."
    events = run(
        *decision("chat#1.1", agent="critic", produces="text", act=said),
        MessageSent(step="chat", turn=1, source="critic", kind="TextMessage", text=said),
        MessageSent(step="chat", turn=2, source="guest", kind="TextMessage", text=said),
        MessageSent(step="chat", turn=3, source="user", kind="TextMessage", text=""),
    )
    assert found(signs_in_run(events)) == [("echo", "guest", 6)]


def test_redacted_events_and_halves_of_decisions_are_passed_over():
    started, planned, acted, _ = decision(data={"risk": "low"})
    assert signs_in_run(run(Redacted(was="decision.started"), planned, acted)) == ()
    assert signs_in_run(run(started, Redacted(was="decision.planned"))) == ()
    # Without its plan, an act cannot be held against it.
    assert "act against plan" not in {one.rule for one in signs_in_run(run(started, acted))}
    assert signs_in_run([]) == ()
