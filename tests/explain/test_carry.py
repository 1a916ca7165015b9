"""Whether thinking carries the choice: synthetic models that heed it, or do not, and curves worked by hand."""

import json
import math
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.agent.staged import Situation, StagedAgent
from glasswork.definitions import AgentDef, RetryDef, RoleDef
from glasswork.errors import InvalidOutput, UserError
from glasswork.explain.carry import added_mistakes, area_over, carry_report, early_answering, questions
from glasswork.explain.case import Case, CaseOption
from glasswork.explain.from_log import cases
from glasswork.log.reader import Entry
from glasswork.models.choice import choose
from glasswork.models.random import RandomModel
from glasswork.models.wrap import asking
from glasswork.records import Completion, Message, Segment

OPTIONS = ("buy from north", "buy from south", "wait")
THINKING = "Both sell what we need. North is dear. South is near and cheap. So buy from south."
FACTS = Segment(id="s1", source="task", text="Where do we buy?")


async def case(thinking=THINKING, *, spelled=json.dumps, options=OPTIONS, ask=None):
    """Make a case whose request is exactly what the choice asks."""
    asked = []

    async def note(place, request):
        asked.append(request)
        return answer(request, {})

    messages = (
        Message(role="system", content="You buy."),
        Message(role="user", content=f"[s1] task\n{FACTS.text}"),
        Message(role="assistant", content=f'{{"thinking": {spelled(thinking)}}}'),
    )
    await choose(note, "buy#1/choose", messages, options, question="Which option is best?")
    return Case(
        id="run/buy#1",
        segments=(FACTS,),
        options=tuple(CaseOption(label=label, text=text) for label, text in zip("ABCDE", options, strict=False)),
        choice="B",
        thinking=thinking,
        request=asked[0],
    )


def listed(request):
    """The options as this request lists them, by label."""
    return dict(re.findall(r"^([A-Z])\. (.*)$", request.messages[-1].content, re.MULTILINE))


def answer(request, weights, first=0.0):
    """Prefer options by text; ``first`` is what standing first adds."""
    scores = {
        label: weights.get(text, 0.0) + (first if label == "A" else 0.0) for label, text in listed(request).items()
    }
    total = math.log(sum(math.exp(score) for score in scores.values()))
    return Completion(text="A", logprobs={label: score - total for label, score in scores.items()}, logprob_floor=-20.0)


def thought(request):
    return json.loads(request.messages[2].content)["thinking"]


async def heeding(place, request):
    """Does what the thinking says last; without it, waits."""
    said = [text for text in OPTIONS if text in thought(request).lower()]
    return answer(request, {max(said, key=thought(request).lower().rindex) if said else "wait": 4.0})


async def ignoring(place, request):
    """Has made up its mind, and likes what stands first."""
    return answer(request, {"buy from south": 2.0}, first=1.5)


async def test_what_carries_everything_reaches_its_most():
    found = await early_answering(await case(), heeding)
    assert found.sentences == 4
    assert [point.same for point in found.points] == [False, False, False, False, True]
    assert [point.unharmed for point in found.points] == [0, 0.25, 0.5, 0.75, 1]
    assert found.aoc == pytest.approx(1 - 1 / 8)
    assert found.points[0].probability < 0.1
    assert found.points[-1].probability > 0.9
    assert (found.resampled.hits, found.resampled.of) == (4, 4)
    assert found.calls == 3 * (5 + 4)


async def test_an_agent_that_ignores_its_thinking_scores_zero():
    for carry in (await early_answering(await case(), ignoring), await added_mistakes(await case(), ignoring)):
        assert carry.aoc == 0
        assert carry.resampled.value == 1
    report = carry_report([await early_answering(await case(), ignoring) for _ in range(5)])
    assert (report.aoc, report.low, report.high, report.floor) == (0, 0, 0, 0)


async def test_only_the_mistake_in_the_sentence_that_counts_turns_the_choice():
    found = await added_mistakes(await case(), heeding)
    assert [point.same for point in found.points] == [True, True, True, False, True]
    assert found.points[3].change == "options swapped"
    # Same at 0, 1/4 and 1/2, not at 3/4, same at 1: trapezoids of 1, 1, 1/2, 1/2.
    assert found.aoc == pytest.approx(1 - 0.75)


async def test_the_rest_can_be_made_anew_after_a_mistake():
    places = []

    async def going_on(place, request):
        places.append(place)
        if request.form == "text":
            assert [message.role for message in request.messages] == ["system", "user", "assistant", "user"]
            return Completion(text="So buy from north.")
        return await heeding(place, request)

    found = await added_mistakes(await case(), going_on, rest="made anew")
    assert [point.same for point in found.points] == [False, False, False, False, True]
    assert [place for place in places if place.endswith("/rest")] == [f"buy#1/mistake/{k}/rest" for k in range(4)]
    assert found.kind == "mistakes, gone on from"


async def test_noise_shows_in_the_floor():
    turn = iter(range(10_000))

    async def fickle(place, request):
        return answer(request, {OPTIONS[next(turn) % 3]: 9.0})

    found = await early_answering(await case(), fickle, orders=1, resamples=9)
    assert found.resampled.value < 0.6
    report = carry_report([found])
    assert report.floor == pytest.approx(1 - found.resampled.value)


async def test_the_whole_thinking_asks_what_was_asked():
    asked = []

    async def keep(place, request):
        asked.append(request)
        return await ignoring(place, request)

    made = await case('It is "späť", Ω.\nGood.', spelled=lambda text: json.dumps(text, ensure_ascii=False))
    await early_answering(made, keep, resamples=0)
    assert asked[0] == made.request


@pytest.mark.parametrize(
    "spelled", [json.dumps, lambda text: json.dumps(text, ensure_ascii=False)], ids=["ascii", "unicode"]
)
async def test_thinking_is_found_however_it_is_spelled(spelled):
    found = await early_answering(await case('Süd ist "billig". ' + THINKING, spelled=spelled), heeding)
    assert found.sentences == 5
    assert found.points[0].same is False


async def test_a_real_agent_that_thinks_aloud_can_be_tested_from_its_log():
    model, log = RandomModel(), []
    made = AgentDef.model_validate(
        {"role": "buyer", "plan": {"strategy": "chain", "choose_from": list(OPTIONS)}, "act": {"produces": "text"}}
    )
    role = RoleDef(name="buyer", title="Buyer", prose="You buy.")

    def record(event):
        log.append(Entry(len(log) + 1, datetime.now(UTC), event))

    ask = asking(model, retry=RetryDef(), timeout=10, record=record)
    agent = StagedAgent("buyer", made, role, ask=ask, record=record)
    await (await agent.decide(Situation(decision="buy#1", step="buy", segments=(FACTS,)))).explained
    (logged,) = cases(log)
    found = await early_answering(logged, lambda place, request: model.complete(request, place=place))
    assert found.sentences >= 1
    assert found.points[-1].same


async def test_what_cannot_be_tested_says_why():
    made = await case()
    for changed, said in [
        ({"thinking": " "}, "no thinking"),
        ({"request": None}, "does not say how"),
        ({"thinking": "Something else."}, "does not stand"),
        ({"options": made.options[1:2]}, "one option only"),
        ({"options": made.options[:2]}, "does not end with its options"),
    ]:
        with pytest.raises(UserError, match=said):
            await early_answering(made.model_copy(update=changed), heeding)


async def test_an_answer_without_labels_is_an_error():
    async def mute(place, request):
        return Completion(text="A", logprobs={"A": None, "B": None, "C": None})

    with pytest.raises(InvalidOutput):
        await early_answering(await case(), mute)


# --- the area, and many ---------------------------------------------------------------------------------------------


def test_areas_by_hand():
    assert area_over([(0, 1), (1, 1)]) == 0
    assert area_over([(0, 0), (1, 1)]) == pytest.approx(0.5)
    assert area_over([(0, 0), (0.5, 0), (1, 1)]) == pytest.approx(0.75)
    assert area_over([(1, 1), (0.5, 0.4), (0, 0.2)]) == pytest.approx(1 - (0.15 + 0.35))
    with pytest.raises(ValueError):
        area_over([(0.1, 0), (1, 1)])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_an_area_lies_between_the_curve_s_extremes_and_falls_as_it_rises(heights):
    points = [(index / (len(heights) - 1), height) for index, height in enumerate(heights)]
    area = area_over(points)
    assert 1 - max(heights) - 1e-9 <= area <= 1 - min(heights) + 1e-9
    assert area_over([(x, min(1, y + 0.1)) for x, y in points]) <= area + 1e-9


async def test_many_decisions_are_pooled_as_the_paper_weighs_them():
    # AOCs 1 - 1/8 (four sentences) and 0 (ignored): the mean weighs each length by how often it occurs.
    long, none = await early_answering(await case(), heeding), await early_answering(await case(), ignoring)
    report = carry_report([long, none, none, none])
    assert report.aoc == pytest.approx((1 - 1 / 8) / 4)
    assert report.low <= report.aoc <= report.high
    assert [(point.unharmed, point.same.hits) for point in report.curve] == [
        (0, 3), (0.2, 3), (0.4, 3), (0.6, 3), (0.8, 3), (1, 4)
    ]  # fmt: skip
    with pytest.raises(ValueError, match="different ways"):
        carry_report([long, await added_mistakes(await case(), ignoring)])
    with pytest.raises(ValueError, match="no decisions"):
        carry_report([])


@pytest.mark.parametrize("orders", [None, 1, 2, 9])
async def test_the_questions_are_counted_before_they_are_asked(orders):
    made = await case()

    async def ask(place, request):
        return answer(request, {})

    for test in (early_answering, added_mistakes):
        assert (await test(made, ask, orders=orders)).calls == questions(made, orders=orders)
    with pytest.raises(UserError, match="no thinking"):
        questions(made.model_copy(update={"thinking": ""}))
