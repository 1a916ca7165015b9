"""Cases out of logs and out of files."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from glasswork.errors import DefinitionError, UserError
from glasswork.explain.case import Case
from glasswork.explain.from_log import cases, decisions, load_cases
from glasswork.explain.reading import live_reader
from glasswork.log.reader import Entry
from glasswork.models.choice import choose, label_request
from glasswork.models.pieces import pieces
from glasswork.records import (
    Acted,
    Because,
    Completion,
    DecisionStarted,
    Explained,
    Message,
    ModelAnswered,
    Option,
    Planned,
    Redacted,
    RunStarted,
    Segment,
)

SEGMENTS = (
    Segment(id="s1", source="task", text="Bake\na cake."),
    Segment(id="s2", source="steps.shop.text", text="There are no eggs."),
)


def started(decision="cook#1"):
    return DecisionStarted(
        decision=decision, step="cook", agent="cook", role="cook", model="m", strategy="direct", segments=SEGMENTS
    )


def planned(decision="cook#1", options=("Bake it.", "Go  shopping."), choice="B"):
    weighed = tuple(Option(label=label, text=text, probability=0.5) for label, text in zip("AB", options, strict=False))
    return Planned(
        decision=decision, thinking="Hm.", options=weighed, choice=choice, order_consistency=1.0, orders=len(options)
    )


def explained(decision="cook#1"):
    because = tuple(Because(segment=one, why=f"{one} says so.") for one in ("s2", "s1", "s2"))
    return Explained(decision=decision, reader="all", because=because, confidence=0.8, would_change_if="Eggs came.")


def asked(decision="cook#1"):
    messages = (Message(role="user", content=f"Before you:\n\n{pieces(SEGMENTS)}\n\nDecide."),)
    request = label_request(messages, "Which option is best?", ["Bake it.", "Go  shopping."])
    return ModelAnswered(
        place=f"{decision}/choose/0", digest=request.digest(), request=request, completion=Completion(text="A")
    )


def entries(*events):
    return [Entry(n, datetime(2026, 1, 1, tzinfo=UTC), event, f"hash{n}") for n, event in enumerate(events, 1)]


def log(decision="cook#1"):
    acted = Acted(decision=decision, produces="prose", text="To the shop.")
    return [started(decision), asked(decision), planned(decision), acted, explained(decision)]


def test_a_decision_becomes_a_case():
    (case,) = cases(entries(RunStarted(run="r1", workflow="w"), *log()))
    assert (case.id, case.agent, case.choice, case.act) == ("r1/cook#1", "cook", "B", "To the shop.")
    assert case.segments == SEGMENTS
    assert [(option.label, option.text) for option in case.options] == [("A", "Bake it."), ("B", "Go  shopping.")]
    assert case.cited == ("s2", "s1")
    assert (case.thinking, case.confidence) == ("Hm.", 0.8)
    assert case.question == "Which option is best?"
    assert case.explanation.splitlines()[0] == "[s2] s2 says so."
    assert case.explanation.endswith("It would have been otherwise: Eggs came.")
    assert case.request == asked().request
    live_reader(case, None)


def test_the_tested_events_come_along():
    ((logged,), skipped) = decisions(entries(*log()))
    assert skipped == []
    assert (logged.planned.hash, logged.acted.hash, logged.explained.hash) == ("hash3", "hash4", "hash5")
    ((logged,), _) = decisions(entries(*log()[:3]))
    assert (logged.acted, logged.explained) == (None, None)
    assert logged.case.cited == ()


def test_what_cannot_be_checked_is_left_out_with_a_reason():
    events = [
        started("a#1"),
        planned("a#1", ("Only.",), "A"),
        started("b#1"),
        Redacted(was="x"),
        planned("c#1"),
        *log(),
    ]
    logged, skipped = decisions(entries(*events))
    assert [each.case.id for each in logged] == ["cook#1"]
    assert [(one.decision, one.reason) for one in skipped] == [
        ("a#1", "there was one option only, so nothing was weighed"),
        ("b#1", "it was not taken: the log holds no plan; texts were removed from this log"),
        ("c#1", "the log does not hold what the agent saw; texts were removed from this log"),
    ]


def test_of_a_decision_taken_twice_the_later_counts():
    again = [started(), asked(), planned(choice="A")]
    ((logged,), _) = decisions(entries(*log(), *again))
    assert logged.case.choice == "A"
    assert logged.explained is None


async def test_what_choose_asks_can_be_read_again():
    answers = []

    async def ask(place, request):
        completion = Completion(text="A", logprobs=dict.fromkeys(request.labels, -1.0))
        answers.append(ModelAnswered(place=place, digest=request.digest(), request=request, completion=completion))
        return completion

    messages = (Message(role="user", content=pieces(SEGMENTS)), Message(role="assistant", content="I think."))
    await choose(ask, "cook#1/choose", messages, ["Bake it.", "Go  shopping."], question="Which?", seed=7)
    (case,) = cases(entries(started(), *answers, planned()))
    again = []

    async def record(place, request):
        again.append(request)
        return await ask(place, request)

    await live_reader(case, record)([frozenset({"s1", "s2"})])
    assert again == [answer.request for answer in answers[:2]]


# --- files ----------------------------------------------------------------------------------------------------------

PLAIN = {
    "id": "one",
    "segments": [{"id": "s1", "source": "a", "text": "x"}],
    "options": [{"label": "A", "text": "go"}, {"label": "B", "text": "stay"}],
    "choice": "A",
}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "cases.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PLAIN),
        json.dumps([PLAIN, PLAIN], indent=1),
        f"{json.dumps(PLAIN)}\n\n{json.dumps(PLAIN)}\n",
        "\ufeff" + json.dumps(PLAIN) + "\r\n" + json.dumps(PLAIN),
    ],
)
def test_an_object_a_list_and_one_a_line(written, text):
    found = load_cases(written(text))
    assert found == [Case.model_validate(PLAIN)] * len(found)
    assert len(found) == text.count('"choice"')


def test_a_case_written_out_is_read_back(written):
    case = cases(entries(*log()))[0]
    assert load_cases(written(case.model_dump_json())) == [case]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"choise": "A"}, "case 2 (one): unknown key 'choise'; did you mean 'choice'?"),
        ({"choice": "C"}, "case 2 (one): the choice 'C' is none of the options ['A', 'B']"),
        ({"cited": ["s9"]}, "case 2 (one): there is no segment 's9'"),
        ({"driver": "s2"}, "case 2 (one): there is no segment 's2'"),
        ({"segments": PLAIN["segments"] * 2}, "case 2 (one): two segments are called 's1'"),
        ({"segments": []}, "case 2 (one): segments: entries here: 0; at least 1"),
        ({"confidence": 80}, "case 2 (one): confidence: 80 is too large: at most 1"),
        ({"options": [{"label": "A", "txt": "go"}]}, "case 2 (one): 'options.0.text' is missing"),
        ({"options": [{"label": "A", "txt": "go"}]}, "unknown key 'options.0.txt'; did you mean 'text'?"),
        (
            {"segments": [{"id": "x", "source": "a", "text": "t"}]},
            "case 2 (one): segments.0.id: 'x' is no segment's id: s1, s2, …",
        ),
        (
            {"ablations": [{"kept": ["s1"], "probabilities": {"Z": 1.0}}]},
            "case 2 (one): there is no option 'Z'",
        ),
        (
            {"ablations": [{"kept": ["s1"], "probabilities": {"A": "much"}}]},
            "case 2 (one): ablations.0.probabilities.A: expected a number, found text 'much'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_case_and_field(written, change, message):
    bad = PLAIN | change
    with pytest.raises(DefinitionError) as raised:
        load_cases(written([PLAIN, bad]))
    assert message in str(raised.value)
    with pytest.raises(DefinitionError) as raised:
        load_cases(written(f"{json.dumps(PLAIN)}\n{json.dumps(bad)}"))
    assert message in str(raised.value)
    assert "cases.json:2:1: " in str(raised.value)


def test_every_problem_is_told_at_once(written):
    with pytest.raises(DefinitionError) as raised:
        load_cases(written([PLAIN | {"choise": 1}, PLAIN | {"choice": 3}]))
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", ":1:2: this is not JSON"),
        ("[]", "holds no case"),
        ("3", "expected keys and values, found the number 3"),
        (json.dumps(PLAIN) + "\n{oops}", ":2:2: case 2: this is not JSON"),
        (json.dumps(PLAIN).replace('"A"', "NaN"), "NaN is no number"),
    ],
)
def test_what_is_no_case_file_is_refused(written, text, message):
    with pytest.raises(UserError) as raised:
        load_cases(written(text))
    assert message in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        load_cases(tmp_path / "none.json")
