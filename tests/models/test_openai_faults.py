"""Every fault of the fault server, against the client alone and behind the retry layer."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from tests.models.fault_server import FAULTS, fault_server

from glasswork.definitions import RetryDef
from glasswork.errors import ContextOverflow, ModelBusy, ModelError, ModelTimeout, ModelUnreachable
from glasswork.models import wrap
from glasswork.models.openai import OpenAIServer
from glasswork.records import Message, ModelAnswered, ModelFailed, Request

IDLE, DEADLINE = 0.3, 3.0
ASKED = Request(messages=(Message(role="user", content="Say fine."),))

GOOD = {
    "st_ok": "fine",
    "st_comment": "fine",
    "st_splitutf8": "fine ✓",
    "length": '{"name": "Ca',
    "st_reasoning": "fine",
    "both_reasonings": "fine",
    "st_surrogates": "fine 😀 \ufffd",
    "no_usage": "fine",
    "cache_n": "fine",
}
FAILS = {
    "s429ra": "busy",
    "s429always": "busy",
    "s503html": "busy",
    "s503date": "busy",
    "s429huge": "busy",
    "s500": "server_error",
    "s400ctx": "context_overflow",
    "s404": "refused",
    "reset": "unreachable",
    "trunc": "unreachable",
    "hang": "timeout",
    "html200": "server_error",
    "empty200": "server_error",
    "truncjson": "server_error",
    "err200": "server_error",
    "err200text": "server_error",
    "nochoices": "server_error",
    "nullcontent": "server_error",
    "garbage": "server_error",
    "redirect": "server_error",
    "st_cut": "unreachable",
    "st_halfclose": "timeout",
    "st_cleancut": "server_error",
    "st_badjson": "server_error",
    "st_err": "server_error",
    "st_zero": "server_error",
    "st_nothing": "server_error",
    "st_thinks_only": "server_error",
    "st_abort": "server_error",
    "st_list": "server_error",
    "st_latin1": "server_error",
    "st_filter": "refused",
    "s401": "refused",
    "s408": "timeout",
    "s422": "refused",
    "ctx_llama": "context_overflow",
    "ctx_llama500": "context_overflow",
    "ctx_vllm_new": "context_overflow",
    "ctx_stream": "context_overflow",
}
ELSEWHERE = {"slowdrip", "ctx_silent", "good"} | {name for name in FAULTS if name.startswith(("json_", "label_"))}
RETRYABLE = {"busy", "server_error", "unreachable", "timeout"}
WAITS_TOO_LONG = {"s429huge", "s503date"}


@pytest.fixture
async def server():
    async with fault_server() as (address, hits):
        yield address, hits


def client(address: str, fault: str, **more) -> OpenAIServer:
    return OpenAIServer(
        name="faulty", base_url=f"{address}/{fault}/v1", model="nope", idle_seconds=IDLE, connect_seconds=IDLE, **more
    )


def test_every_fault_is_tested():
    assert set(GOOD) | set(FAILS) | ELSEWHERE == set(FAULTS)


@pytest.mark.parametrize("fault", GOOD)
async def test_a_good_answer_in_odd_clothes_is_read(server, fault):
    address, hits = server
    model = client(address, fault)
    completion = await model.complete(ASKED)
    await model.aclose()
    assert completion.text == GOOD[fault]
    assert completion.usage.prompt_tokens > 0
    assert hits[fault] == 1


@pytest.mark.parametrize("fault", FAILS)
async def test_one_request_and_our_error(server, fault):
    address, hits = server
    model = client(address, fault)
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert caught.value.code == FAILS[fault], caught.value
    assert hits[fault] == 1
    assert time.monotonic() - started < IDLE + 2


@pytest.mark.parametrize("fault", FAILS)
async def test_retries_end_in_time_and_leave_a_record_each(server, fault, monkeypatch):
    monkeypatch.setattr(wrap, "FIRST_WAIT", 0.01)
    address, hits = server
    model = client(address, fault)
    events = []
    ask = wrap.asking(model, retry=RetryDef(max=2), timeout=DEADLINE, record=events.append)
    started = time.monotonic()
    if fault == "s429ra":
        assert (await ask("x#1/act", ASKED)).text == "fine"
    else:
        with pytest.raises(ModelError) as caught:
            await ask("x#1/act", ASKED)
        assert caught.value.code == FAILS[fault]
    await model.aclose()
    requests = 3 if FAILS[fault] in RETRYABLE and fault not in WAITS_TOO_LONG else 1
    assert hits[fault] == requests
    assert len(events) == requests
    failed = [event for event in events if isinstance(event, ModelFailed)]
    assert [event.attempt for event in failed] == list(range(1, len(failed) + 1))
    assert [event.will_retry for event in failed] == [index < requests for index in range(1, len(failed) + 1)]
    assert time.monotonic() - started < DEADLINE + 1


async def test_a_slow_drip_is_cut_by_the_deadline(server):
    address, hits = server
    model = client(address, "slowdrip")
    events = []
    ask = wrap.asking(model, retry=RetryDef(max=2), timeout=0.6, record=events.append)
    started = time.monotonic()
    with pytest.raises(ModelTimeout, match=r"within 0\.6 s"):
        await ask("x#1/act", ASKED)
    await model.aclose()
    assert 0.5 < time.monotonic() - started < 2.5
    assert hits["slowdrip"] == 1
    assert [(event.code, event.will_retry) for event in events] == [("timeout", False)]


async def test_cancelling_closes_the_connection(server):
    address, _ = server
    model = client(address, "hang")
    task = asyncio.create_task(model.complete(ASKED))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await model.aclose()


async def test_nobody_there_names_the_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    model = OpenAIServer(name="gone", base_url=address, model="x", connect_seconds=IDLE)
    with pytest.raises(ModelUnreachable) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert address in caught.value.message
    assert "running" in caught.value.hint


async def test_a_host_without_a_name_is_unreachable():
    model = OpenAIServer(name="gone", base_url="http://no-such-host.invalid/v1", model="x", connect_seconds=IDLE)
    with pytest.raises(ModelUnreachable):
        await model.complete(ASKED)
    await model.aclose()


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [("s400ctx", ("5000", "4096")), ("ctx_llama", ("9031", "2048")), ("ctx_vllm_new", ("40", "512"))],
)
async def test_overflow_gives_both_numbers(server, fault, numbers):
    model = client(server[0], fault)
    with pytest.raises(ContextOverflow) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert all(number in caught.value.message for number in numbers)


async def test_a_silently_shortened_prompt_is_an_overflow(server):
    long = Request(messages=(Message(role="user", content="word " * 1000),))
    model = client(server[0], "ctx_silent")
    with pytest.raises(ContextOverflow, match="read 200 tokens of a prompt of at least 1000"):
        await model.complete(long)
    assert (await model.complete(ASKED)).text == "fine", "short prompts are not judged"
    await model.aclose()


async def test_an_unknown_model_is_told_with_the_known_ones(server):
    model = client(server[0], "s404")
    with pytest.raises(ModelError) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert "does not exist" in caught.value.message
    assert caught.value.hint == "the server has: qwen, smol"


@pytest.mark.parametrize(
    ("fault", "raw"),
    [("html200", "hotel"), ("truncjson", '{"choices"'), ("st_cleancut", "fi"), ("st_thinks_only", "hm")],
)
async def test_what_the_server_did_say_is_kept(server, fault, raw):
    model = client(server[0], fault)
    with pytest.raises(ModelError) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert raw in caught.value.raw


@pytest.mark.parametrize(("fault", "seconds"), [("s429ra", 0.2), ("s429huge", 3600), ("s503date", 3600)])
async def test_retry_after_is_in_seconds(server, fault, seconds):
    model = client(server[0], fault)
    with pytest.raises(ModelBusy) as caught:
        await model.complete(ASKED)
    await model.aclose()
    assert caught.value.retry_after == pytest.approx(seconds, abs=3)


async def test_reasoning_is_kept_apart_under_both_names(server):
    model = client(server[0], "st_reasoning")
    completion = await model.complete(ASKED)
    assert completion.reasoning == "think twice"
    assert completion.usage.cached_tokens == 7
    await model.aclose()
    model = client(server[0], "both_reasonings")
    assert (await model.complete(ASKED)).reasoning == "think", "a server that sends it twice means it once"
    await model.aclose()
    model = client(server[0], "cache_n")
    assert (await model.complete(ASKED)).usage.cached_tokens == 5
    await model.aclose()


async def test_a_server_that_comes_back_is_answered_from(server, monkeypatch):
    monkeypatch.setattr(wrap, "FIRST_WAIT", 0.01)
    events = []
    model = client(server[0], "s429ra")
    ask = wrap.asking(model, retry=RetryDef(max=2), timeout=5, record=events.append)
    started = time.monotonic()
    await ask("x#1/act", ASKED)
    await model.aclose()
    assert time.monotonic() - started >= 0.4, "Retry-After is honoured, twice"
    assert isinstance(events[-1], ModelAnswered)
    assert events[-1].attempt == 3


async def test_an_error_in_the_viewer_is_not_the_servers(server):
    def broken(_: str) -> None:
        raise ZeroDivisionError

    model = client(server[0], "st_ok")
    with pytest.raises(ZeroDivisionError):
        await model.complete(ASKED, on_text=broken)
    await model.aclose()
