"""The embedded model, for real: the contract, caching under the workload of decisions, and its end."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx2
import pytest
from tests.contracts.model import ModelContract

from glasswork.definitions import EmbeddedModel
from glasswork.errors import ContextOverflow, ModelError, WeightsError
from glasswork.models.catalogue import weights_path
from glasswork.models.child import ChildServer
from glasswork.models.embedded import start_embedded
from glasswork.models.openai import OpenAIServer
from glasswork.records import Completion, Message, Request

pytestmark = [pytest.mark.live, pytest.mark.embedded]

RULE = "The storehouse keeps its ledger by hand; nobody may move goods without a second signature. "
PLAN = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "maxLength": 120},
        "options": {"type": "array", "items": {"type": "string", "maxLength": 40}, "minItems": 2, "maxItems": 3},
    },
    "required": ["thought", "options"],
    "additionalProperties": False,
}


def definition(weights: str, **more) -> EmbeddedModel:
    return EmbeddedModel(kind="embedded", weights=weights, **more)


@pytest.fixture(scope="module", params=["smollm2-135m", "qwen2.5-coder-1.5b"])
def started(request):
    pytest.importorskip("xllamacpp")
    if weights_path(request.param) is None:
        pytest.skip(f"needs weights: glasswork models pull {request.param}")
    model = asyncio.run(start_embedded(definition(request.param, context=2048), name="m", base_dir=Path()))
    yield model
    asyncio.run(model.aclose())


@pytest.fixture
async def model(started):
    yield started
    await OpenAIServer.aclose(started)  # this loop's connections; the server goes on


async def _stay() -> None:
    """Stand in for stopping: the contract closes its model, and the tests after it still need the server."""


class TestContract(ModelContract):
    repeatable = False  # a cached prefix is computed in other batches, which moves log-probabilities by some hundredths

    @pytest.fixture
    def model(self, model, monkeypatch):
        monkeypatch.setattr(model.child, "stop", _stay)
        return model


# --- caching --------------------------------------------------------------------------------------------------------


def turn(role: str, content: str) -> Message:
    return Message(role=role, content=content)


async def decide(model: ChildServer, agent: int) -> dict[str, Completion]:
    """One decision as agents make it: plan, a choice in three rotations, act, explain."""
    facts = "\n".join(f"[s{n}] case {agent}.{n}: {RULE}" for n in range(1, 8))
    prompt = (turn("system", f"You are agent {agent}. {RULE * 6}"), turn("user", f"{facts}\n\nName options as JSON."))
    plan = await model.complete(Request(messages=prompt, form="json", json_schema=PLAN, max_tokens=400))
    prompt += (turn("assistant", plan.text),)
    orders = ("A. x\nB. y\nC. z", "A. y\nB. z\nC. x", "A. z\nB. x\nC. y")
    asked = [(*prompt, turn("user", f"Which is best?\n{order}\nAnswer with a letter.")) for order in orders]
    labels = ("A", "B", "C")
    chosen = [await model.complete(Request(messages=one, form="label", labels=labels, max_tokens=1)) for one in asked]
    prompt += (turn("user", "Do it, in three sentences of plain prose."),)
    act = await model.complete(Request(messages=prompt, max_tokens=48))
    prompt += (turn("assistant", act.text), turn("user", "Say why, for a colleague."))
    explained = await model.complete(Request(messages=prompt, max_tokens=48))
    return {"plan": plan, **{f"choose/{n}": one for n, one in enumerate(chosen)}, "act": act, "explain": explained}


def share(answers: list[Completion]) -> float:
    return sum(one.usage.cached_tokens or 0 for one in answers) / sum(one.usage.prompt_tokens for one in answers)


@pytest.mark.parametrize("agents", [(1,), (2, 3), (4, 5, 6, 7, 8)], ids=["alone", "two at once", "more than slots"])
async def test_act_and_explain_find_their_prompt_read(model, agents):
    made = await asyncio.gather(*(decide(model, agent) for agent in agents))
    for stage, least in (("choose/0", 0.5), ("choose/1", 0.9), ("choose/2", 0.9), ("act", 0.8), ("explain", 0.8)):
        cached = share([one[stage] for one in made])
        assert cached >= least, stage


# --- the server -----------------------------------------------------------------------------------------------------


async def slots(model: ChildServer) -> list[dict]:
    address = model.base_url.removesuffix("/v1")
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {model._api_key}"}) as client:
        return (await client.get(f"{address}/slots")).json()


async def until_busy(model: ChildServer, *, busy: bool) -> None:
    async with asyncio.timeout(30):
        while any(slot["is_processing"] for slot in await slots(model)) != busy:  # noqa: ASYNC110 - only it knows
            await asyncio.sleep(0.1)


async def test_every_slot_has_the_whole_context(model):
    assert [slot["n_ctx"] for slot in await slots(model)] == [2048] * 4
    with pytest.raises(ContextOverflow):
        await model.complete(Request(messages=(turn("user", RULE * 200),), max_tokens=8))


async def test_nobody_without_the_key_is_answered(model):
    async with httpx2.AsyncClient() as client:
        answer = await client.post(f"{model.base_url}/chat/completions", json={"messages": []})
    assert answer.status_code == 401


async def test_the_loop_is_not_held_up(model):
    gaps, last = [], time.monotonic()
    task = asyncio.create_task(model.complete(Request(messages=(turn("user", RULE * 20),), max_tokens=32)))
    while not task.done():
        await asyncio.sleep(0.01)
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
    assert max(gaps) < 0.5


async def test_a_cancelled_request_stops_generating(model):
    asked = Request(messages=(turn("user", "Count from 1 to 5000, one number a line."),), max_tokens=1500)
    task = asyncio.create_task(model.complete(asked))
    await until_busy(model, busy=True)
    task.cancel()
    await until_busy(model, busy=False)


async def test_stopped_under_way_without_delay():
    if weights_path("smollm2-135m") is None:
        pytest.skip("needs weights: glasswork models pull smollm2-135m")
    model = await start_embedded(definition("smollm2-135m", context=2048), name="m", base_dir=Path())
    task = asyncio.create_task(model.complete(Request(messages=(turn("user", "Count to 5000."),), max_tokens=1500)))
    await asyncio.sleep(0.5)
    start = time.monotonic()
    await model.aclose()
    assert time.monotonic() - start < 3
    with pytest.raises(ModelError):
        await task


@pytest.mark.parametrize("keep", [60_000_000, 10_000, 24])
async def test_weights_cut_short_are_a_clear_error(tmp_path, keep):
    whole = weights_path("smollm2-135m")
    if whole is None:
        pytest.skip("needs weights: glasswork models pull smollm2-135m")
    with whole.open("rb") as file:
        (tmp_path / "cut.gguf").write_bytes(file.read(keep))
    with pytest.raises(WeightsError, match=r"could not serve .*cut\.gguf"):
        await start_embedded(definition("cut.gguf"), name="m", base_dir=tmp_path)
