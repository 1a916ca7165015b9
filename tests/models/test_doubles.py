"""The doubles: scripted, replay, random."""

from __future__ import annotations

import math
import time

import pytest
from tests.contracts.model import JSON, LABEL, TEXT, ModelContract

from glasswork.definitions import RetryDef
from glasswork.errors import DefinitionError, InvalidOutput, ModelBusy, ModelRefused, ModelTimeout
from glasswork.models.choice import choose
from glasswork.models.random import RandomModel
from glasswork.models.replay import ReplayModel, recorded_answers, recorded_requests
from glasswork.models.scripted import ScriptedModel, load_scripted
from glasswork.models.wrap import asking
from glasswork.records import Completion, Message, ModelAnswered, Request

CAT = {"name": "Cat", "legs": 4, "tags": ["soft"], "kind": "animal"}


class TestScriptedContract(ModelContract):
    @pytest.fixture
    def model(self):
        return ScriptedModel([{"text": "Good morning, class."}, {"json": CAT}, {"label": "an apple"}])


class TestRandomContract(ModelContract):
    @pytest.fixture
    def model(self):
        return RandomModel(seed=3)


class TestReplayContract(ModelContract):
    @pytest.fixture
    async def model(self):
        events = []
        ask = asking(RandomModel(name="replay"), retry=RetryDef(), timeout=5, record=events.append)
        places = ("step#1/act", "step#1/plan", "step#1/choose/0", "step#1/x")
        for request in (TEXT, JSON, LABEL):
            for place in places:
                await ask(place, request)
        await ask("step#1/stop", TEXT.model_copy(update={"stop": (" ",)}))
        return ReplayModel(recorded_answers(events), recorded_requests(events))


# --- scripted -------------------------------------------------------------------------------------------------------


async def test_the_first_fitting_entry_serves_until_it_is_used_up():
    model = ScriptedModel(
        [
            {"place": "build#*/act", "text": "first", "times": 1},
            {"place": "build#*/act", "contains": "class", "text": "second"},
            {"text": "any"},
        ]
    )
    asked = [("build#1/act", TEXT), ("build#2/act", TEXT), ("build#3/act", TEXT), ("test#1/act", TEXT)]
    assert [(await model.complete(request, place=place)).text for place, request in asked] == [
        "first",
        "second",
        "second",
        "any",
    ]


async def test_an_entry_serves_only_its_own_form():
    model = ScriptedModel([{"text": "prose"}, {"json": CAT}])
    assert (await model.complete(JSON)).data == CAT


async def test_json_null_is_an_answer():
    model = ScriptedModel([{"json": None}])
    null = JSON.model_copy(update={"json_schema": {"type": "null"}})
    assert (await model.complete(null)).text == "null"


async def test_a_question_that_nothing_fits_is_refused_by_place():
    model = ScriptedModel([{"place": "build#1/act", "text": "x"}])
    with pytest.raises(ModelRefused, match=r"'test#1/act', form 'text'") as caught:
        await model.complete(TEXT, place="test#1/act")
    assert "Say hello to the class." in caught.value.hint


async def test_unused_entries_are_listed():
    model = ScriptedModel([{"text": "a", "times": 2}, {"place": "never", "text": "b"}, {"json": CAT}])
    await model.complete(TEXT)
    assert [answer.text for answer in model.unused()] == ["a", "b", None]
    await model.complete(TEXT)
    await model.complete(JSON)
    assert [answer.text for answer in model.unused()] == ["b"]


@pytest.mark.parametrize("label", ["an apple", "apple", "APPLE"])
async def test_a_label_by_text_is_found_in_every_rotation(label):
    model = ScriptedModel([{"place": "c/*", "label": label}])
    ask = asking(model, retry=RetryDef(), timeout=5, record=lambda _: None)
    options = ["a stone", "an apple", "a car"]
    choice = await choose(ask, "c", (Message(role="user", content="."),), options, question="Fruit?")
    assert choice.chosen == 1
    assert choice.order_consistency == 1.0
    assert choice.options[1].probability == pytest.approx(0.9)


async def test_a_label_by_letter_stands_still_while_options_move():
    ask = asking(ScriptedModel([{"label": "A"}]), retry=RetryDef(), timeout=5, record=lambda _: None)
    choice = await choose(ask, "c", (), ["x", "y", "z"], question="?")
    assert choice.order_consistency == pytest.approx(1 / 3)


async def test_probabilities_by_text_leave_the_rest_to_the_others():
    model = ScriptedModel([{"probabilities": {"an apple": 0.7, "a car": 0}}])
    completion = await model.complete(LABEL)
    assert completion.text == "B"
    assert completion.logprobs["B"] == pytest.approx(math.log(0.7))
    assert completion.logprobs["A"] == pytest.approx(math.log(0.3))
    assert completion.logprobs["C"] is None


async def test_a_label_that_is_no_option_is_refused():
    with pytest.raises(ModelRefused, match="'a pear', which is no option"):
        await ScriptedModel([{"label": "a pear"}]).complete(LABEL)


async def test_scripted_errors_delays_usage_and_reasoning():
    with pytest.raises(ModelBusy, match="build#1/act"):
        await ScriptedModel([{"error": "busy"}]).complete(TEXT, place="build#1/act")
    with pytest.raises(ModelTimeout):
        await ScriptedModel([{"error": "timeout"}]).complete(JSON)
    started = time.monotonic()
    model = ScriptedModel([{"text": "x", "delay": "50ms", "reasoning": "hm", "usage": {"prompt_tokens": 7}}])
    completion = await model.complete(TEXT)
    assert time.monotonic() - started >= 0.05
    assert completion.reasoning == "hm"
    assert completion.usage.prompt_tokens == 7


async def test_scripted_json_of_the_wrong_form_is_invalid_output():
    with pytest.raises(InvalidOutput, match="legs"):
        await ScriptedModel([{"json": {**CAT, "legs": 40}}]).complete(JSON)


async def test_a_script_is_read_from_yaml(tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text(
        "answers:\n"
        "  - {place: 'build#*/act', text: 'print(1)', delay: 1ms}\n"
        "  - {place: '*/plan', json: {options: [a, b]}}\n"
        "  - {place: '*', probabilities: {A: 0.6, B: 0.4}, usage: {prompt_tokens: 3}}\n"
    )
    model = load_scripted(file, name="doll")
    assert model.name == "doll"
    assert (await model.complete(TEXT, place="build#2/act")).text == "print(1)"
    assert (await model.complete(LABEL, place="x")).text == "A"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("answers: [{text: a, label: b}]", "exactly one of"),
        ("answers: [{place: x}]", "exactly one of"),
        ("answers: [{txt: a}]", "answers.0.txt"),
        ("answers: [{error: oops}]", "answers.0.error"),
        ("answers: [{text: a, times: 0}]", "answers.0.times"),
        ("answers: [{text: a, usage: {tokens: 3}}]", "usage"),
        ("answers:\n  - {text: 'a}", "answers.yaml:"),
        ("answers: [&a {text: x}, *a]", "aliases"),
        ("just words", "file"),
        ("", "file"),
    ],
)
def test_a_wrong_script_is_the_users_mistake(tmp_path, text, says):
    file = tmp_path / "answers.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionError) as caught:
        load_scripted(file)
    assert says in str(caught.value)
    assert "answers.yaml" in str(caught.value)


def test_a_script_that_is_not_there(tmp_path):
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_scripted(tmp_path / "none.yaml")


# --- random ---------------------------------------------------------------------------------------------------------


async def test_random_differs_by_seed_place_and_request():
    answers = [
        (await RandomModel(seed).complete(request, place=place)).text
        for seed in (0, 1)
        for place in ("a", "b")
        for request in (TEXT, TEXT.model_copy(update={"seed": 9}))
    ]
    assert len(set(answers)) == len(answers)


async def test_random_labels_are_drawn_evenly():
    model = RandomModel()
    drawn = [(await model.complete(LABEL, place=f"p{i}")).text for i in range(600)]
    assert all(150 < drawn.count(label) < 250 for label in "ABC")


async def test_random_cannot_make_up_a_pattern():
    pattern = JSON.model_copy(update={"json_schema": {"type": "string", "pattern": "^s[0-9]$"}})
    with pytest.raises(ModelRefused, match="cannot make up"):
        await RandomModel().complete(pattern)


# --- replay ---------------------------------------------------------------------------------------------------------


def recording(place: str, request: Request, text: str = "as before") -> ReplayModel:
    completion = Completion(text=text)
    event = ModelAnswered(place=place, digest=request.digest(), request=request, completion=completion)
    return ReplayModel(recorded_answers([event]), recorded_requests([event]))


async def test_replay_serves_what_was_recorded():
    assert (await recording("a", TEXT).complete(TEXT, place="a")).text == "as before"


async def test_replay_says_that_a_place_is_new():
    with pytest.raises(ModelRefused, match="nothing was recorded at 'b'"):
        await recording("a", TEXT).complete(TEXT, place="b")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"messages": (TEXT.messages[0], Message(role="user", content="Say hello to the glass."))}, "messages[1].content from character 17"),
        ({"messages": TEXT.messages[:1]}, "2 messages were recorded, now there are 1"),
        ({"temperature": 0.5}, "temperature from character 2: recorded '0.0', now '0.5'"),
        ({"messages": (Message(role="user", content="Be brief."), TEXT.messages[1])}, "messages[0].role"),
    ],
)  # fmt: skip
async def test_replay_shows_the_first_difference(change, says):
    with pytest.raises(ModelRefused) as caught:
        await recording("a", TEXT).complete(TEXT.model_copy(update=change), place="a")
    assert says in caught.value.message
