"""vLLM, for real: ``GLASSWORK_VLLM_MODEL`` names a checkpoint, and ``GLASSWORK_VLLM_PYTHON`` a Python that has vLLM.

``scripts/install_vllm_cpu.sh`` and ``scripts/checkpoint_from_gguf.py`` make both on a machine without a GPU.
"""

from __future__ import annotations

import asyncio
import math
import os
import time

import pytest
from tests.contracts.model import LABEL, ModelContract

from glasswork.definitions import VllmModel
from glasswork.errors import ContextOverflow
from glasswork.models.openai import OpenAIServer
from glasswork.models.vllm import start_vllm
from glasswork.records import Message, Request

pytestmark = [pytest.mark.live, pytest.mark.vllm]
RULE = "The storehouse keeps its ledger by hand; nobody may move goods without a second signature. "


@pytest.fixture(scope="module")
def started():
    checkpoint = os.environ.get("GLASSWORK_VLLM_MODEL")
    if not checkpoint:
        pytest.skip("needs GLASSWORK_VLLM_MODEL: a checkpoint's folder or hub name")
    definition = VllmModel(kind="vllm", model=checkpoint, context=2048, kv_cache_gb=1)
    model = asyncio.run(start_vllm(definition, name="m"))
    yield model
    asyncio.run(model.aclose())


@pytest.fixture
async def model(started):
    yield started
    await OpenAIServer.aclose(started)  # this loop's connections; the server goes on


async def _stay() -> None:
    """Stand in for stopping: the contract closes its model, and the tests after it still need the server."""


class TestContract(ModelContract):
    repeatable = False  # other requests in the batch move log-probabilities by some hundredths

    @pytest.fixture
    def model(self, model, monkeypatch):
        monkeypatch.setattr(model.child, "stop", _stay)
        return model


async def test_label_probabilities_are_those_among_the_labels(model):
    """vLLM masks before it takes log-probabilities, so that they sum to one over the labels and none is censored."""
    completion = await model.complete(LABEL)
    assert None not in completion.logprobs.values()
    assert sum(map(math.exp, completion.logprobs.values())) == pytest.approx(1, abs=1e-3)


def story(number: int) -> Request:
    system = Message(role="system", content=RULE * 20)
    return Request(messages=(system, Message(role="user", content=f"Tell story {number}.")), max_tokens=64)


async def test_a_prompt_read_before_is_cached(model):
    await model.complete(story(0))
    usage = (await model.complete(story(1))).usage
    assert usage.cached_tokens >= 0.6 * usage.prompt_tokens


async def test_many_at_once_are_faster_than_one_by_one(model):
    start = time.monotonic()
    alone = await model.complete(story(100))
    one = alone.usage.completion_tokens / (time.monotonic() - start)
    start = time.monotonic()
    answers = await asyncio.gather(*(model.complete(story(number)) for number in range(32)))
    many = sum(answer.usage.completion_tokens for answer in answers) / (time.monotonic() - start)
    assert many > 1.5 * one


async def test_a_prompt_too_long_is_said_to_be(model):
    with pytest.raises(ContextOverflow):
        await model.complete(Request(messages=(Message(role="user", content=RULE * 300),), max_tokens=8))
