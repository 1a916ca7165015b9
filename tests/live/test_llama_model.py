"""The client of OpenAI-compatible servers against a real llama.cpp with the smallest real model."""

from __future__ import annotations

import asyncio
import math

import pytest
from tests.contracts.model import JSON, LABEL, ModelContract

from glasswork.definitions import RetryDef
from glasswork.errors import ContextOverflow, InvalidOutput
from glasswork.models.catalogue import weights_path
from glasswork.models.choice import choose
from glasswork.models.openai import OpenAIServer
from glasswork.models.wrap import asking
from glasswork.records import Message, Request

pytestmark = [pytest.mark.live, pytest.mark.embedded]
CONTEXT = 2048


@pytest.fixture(scope="module")
def address():
    xllamacpp = pytest.importorskip("xllamacpp")
    weights = weights_path("smollm2-135m")
    if weights is None:
        pytest.skip("needs weights: glasswork models pull smollm2-135m")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel, params.hostnames, params.port = 2 * CONTEXT, 2, ["127.0.0.1"], 0
    # One thread each: with more, llama.cpp's threads wait for one another whenever the machine has other work.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
async def llama(address):
    model = OpenAIServer(name="smollm2", base_url=address, model="smollm2", context=CONTEXT, idle_seconds=300)
    yield model
    await model.aclose()


def user(text: str, **fields) -> Request:
    return Request(messages=(Message(role="user", content=text),), **fields)


class TestContract(ModelContract):
    repeatable = False  # a cached prefix is computed in other batches, which moves log-probabilities by some hundredths

    @pytest.fixture
    def model(self, llama):
        return llama


async def test_it_says_who_it_is(llama):
    await llama.complete(LABEL)
    assert llama.dialect == "llama.cpp"


async def test_few_labels_are_censored_among_two_hundred_tokens(llama):
    labels = tuple("ABCDEFGH")
    completion = await llama.complete(
        user("Pick any letter from A to H. Answer with one letter.", form="label", labels=labels)
    )
    assert [label for label, value in completion.logprobs.items() if value is None] == []


async def test_logprobs_are_those_before_the_mask(llama):
    completion = await llama.complete(LABEL)
    mass = sum(math.exp(value) for value in completion.logprobs.values() if value is not None)
    assert mass < 0.999, "after the grammar's mask the labels would have all of it"


async def test_the_cache_is_used_and_told(llama):
    request = user("Once upon a time there was a library. " * 20, max_tokens=1)
    await llama.complete(request)
    again = await llama.complete(request)
    assert again.usage.cached_tokens > 0.8 * again.usage.prompt_tokens


async def test_a_long_prompt_overflows_with_both_numbers(llama):
    with pytest.raises(ContextOverflow, match=f"the context holds {CONTEXT}"):
        await llama.complete(user("word " * 3000))


async def test_truncated_json_is_repaired_or_refused_never_made_up(llama):
    with pytest.raises(InvalidOutput):
        await llama.complete(JSON.model_copy(update={"max_tokens": 4}))


async def test_cancelling_frees_the_slot(llama):
    task = asyncio.create_task(
        llama.complete(user("Tell a very long story.", max_tokens=1500, temperature=1.5, seed=1))
    )
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    both = asyncio.gather(llama.complete(user("Hi.", max_tokens=2)), llama.complete(user("Ho.", max_tokens=2)))
    await asyncio.wait_for(both, timeout=20)


async def test_a_choice_over_rotations(llama):
    events = []
    ask = asking(llama, retry=RetryDef(), timeout=120, record=events.append)
    choice = await choose(ask, "c", (), ["a stone", "an apple", "a car"], question="Which of these is a fruit?")
    assert math.fsum(option.probability for option in choice.options) == pytest.approx(1)
    assert choice.orders == len(events) == 3
    assert not any(option.censored for option in choice.options)
