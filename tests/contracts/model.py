"""What every model promises. A test class inherits :class:`ModelContract` and gives a fixture ``model``."""

from __future__ import annotations

import asyncio
import json
import math

import pytest

from glasswork.models.base import Model
from glasswork.models.schema import problems
from glasswork.records import Completion, Message, Request

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 40},
        "legs": {"type": "integer", "minimum": 0, "maximum": 8},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 2},
        "kind": {"enum": ["animal", "plant"]},
    },
    "required": ["name", "legs", "tags", "kind"],
    "additionalProperties": False,
}


def _ask(content: str, **fields) -> Request:
    return Request(
        messages=(Message(role="system", content="Be brief."), Message(role="user", content=content)), **fields
    )


TEXT = _ask("Say hello to the class.", max_tokens=24)
JSON = _ask("Describe a cat as JSON.", form="json", json_schema=SCHEMA, max_tokens=200)
LABEL = _ask(
    "Which is a fruit?\n\nA. a stone\nB. an apple\nC. a car\n\nAnswer with one letter: A, B or C.",
    form="label",
    labels=("A", "B", "C"),
    max_tokens=1,
)


class ModelContract:
    """Inherited by the tests of every model."""

    repeatable = True
    """Whether the same question at the same place always gets the same answer."""

    @pytest.fixture
    def model(self) -> Model:
        raise NotImplementedError

    async def test_is_a_model(self, model):
        assert isinstance(model, Model)
        assert model.name
        assert model.context is None or model.context >= 512

    async def test_text(self, model):
        completion = await model.complete(TEXT, place="step#1/act")
        assert completion.text.strip()
        assert completion.data is None
        assert completion.logprobs is None
        assert completion.finish_reason in ("stop", "length")

    async def test_text_arrives_in_pieces_that_make_up_the_whole(self, model):
        pieces: list[str] = []
        completion = await model.complete(TEXT, place="step#1/act", on_text=pieces.append)
        assert "".join(pieces) == completion.text

    async def test_text_ends_before_a_stop_string(self, model):
        stopped = TEXT.model_copy(update={"stop": (" ",)})
        assert " " not in (await model.complete(stopped, place="step#1/stop")).text

    async def test_only_free_text_is_streamed(self, model):
        pieces: list[str] = []
        await model.complete(JSON, place="step#1/plan", on_text=pieces.append)
        await model.complete(LABEL, place="step#1/choose/0", on_text=pieces.append)
        assert pieces == []

    async def test_json_is_an_instance_of_the_schema(self, model):
        completion = await model.complete(JSON, place="step#1/plan")
        assert problems(completion.data, SCHEMA) == []
        assert completion.obtained != "free"
        assert json.loads(completion.text) == completion.data

    async def test_label_is_the_most_probable_and_every_label_has_its_say(self, model):
        completion = await model.complete(LABEL, place="step#1/choose/0")
        assert completion.logprobs is not None
        assert set(completion.logprobs) == set(LABEL.labels)
        known = {label: value for label, value in completion.logprobs.items() if value is not None}
        assert known
        assert all(value <= 0 and math.isfinite(value) for value in known.values())
        assert completion.text in known
        assert known[completion.text] == max(known.values())

    async def test_probabilities_of_labels_do_not_exceed_one(self, model):
        completion = await model.complete(LABEL, place="step#1/choose/0")
        assert sum(math.exp(value) for value in completion.logprobs.values() if value is not None) <= 1 + 1e-6

    async def test_a_censored_label_has_a_floor(self, model):
        completion = await model.complete(LABEL, place="step#1/choose/0")
        if None in completion.logprobs.values():
            assert completion.logprob_floor is not None
            assert completion.logprob_floor <= max(v for v in completion.logprobs.values() if v is not None)

    @pytest.mark.parametrize("request_", [TEXT, JSON, LABEL], ids=["text", "json", "label"])
    async def test_usage_is_reported_and_the_answer_survives_the_log(self, model, request_):
        completion = await model.complete(request_, place="step#1/x")
        assert completion.usage.prompt_tokens > 0
        assert completion.usage.completion_tokens > 0
        assert completion.model == model.name
        assert Completion.model_validate_json(completion.model_dump_json()) == completion

    async def test_many_at_once(self, model):
        asked = [TEXT, JSON, LABEL, TEXT, JSON, LABEL]
        together = await asyncio.gather(*(model.complete(one, place="step#1/x") for one in asked))
        assert [one.logprobs is not None for one in together] == [one.form == "label" for one in asked]
        assert [one.data is not None for one in together] == [one.form == "json" for one in asked]

    async def test_repeatable(self, model):
        if not self.repeatable:
            pytest.skip("this model is not repeatable to the bit")
        for one in (TEXT, JSON, LABEL):
            first = await model.complete(one, place="step#1/x")
            again = await model.complete(one, place="step#1/x")
            assert again.model_copy(update={"seconds": first.seconds}) == first

    async def test_closes_twice(self, model):
        await model.complete(LABEL, place="step#1/x")
        await model.aclose()
        await model.aclose()
