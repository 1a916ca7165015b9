"""The client of OpenAI-compatible servers: what it sends, and how it reads the three forms."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import pytest
from tests.contracts.model import JSON, LABEL, TEXT, ModelContract
from tests.models import fault_server
from tests.models.fault_server import CAT, FAULTS

from glasswork.errors import InvalidOutput, ModelRefused
from glasswork.models.openai import REASKS, OpenAIServer
from glasswork.models.reply import Blanks
from glasswork.records import Message, Request

AB = Request(messages=(Message(role="user", content="A or B?"),), form="label", labels=("A", "B"), max_tokens=1)


@pytest.fixture
async def server():
    async with fault_server.fault_server() as served:
        yield served


@pytest.fixture
def sent(monkeypatch):
    """The bodies that the ``good`` path was sent."""
    bodies = []
    good = FAULTS["good"]

    async def keep(connection):
        bodies.append(connection.body)
        await good(connection)

    monkeypatch.setitem(FAULTS, "good", keep)
    return bodies


def client(server, path: str = "good", **more) -> OpenAIServer:
    return OpenAIServer(name="fake", base_url=f"{server[0]}/{path}/v1", model="qwen", idle_seconds=2, **more)


class TestContract(ModelContract):
    @pytest.fixture(params=["openai", "llama.cpp", "vllm"])
    async def model(self, request, server):
        model = client(server, dialect=request.param)
        yield model
        await model.aclose()


async def ask(server, path: str, request: Request, **more):
    model = client(server, path, **more)
    try:
        return await model.complete(request)
    finally:
        await model.aclose()


# --- what is sent ---------------------------------------------------------------------------------------------------


async def test_text_is_streamed_with_usage_and_extra_fields(server, sent):
    await ask(server, "good", TEXT, extra_body={"top_k": 3})
    body = sent[0]
    assert body["model"] == "qwen"
    assert body["messages"][1] == {"role": "user", "content": "Say hello to the class."}
    assert (body["max_tokens"], body["temperature"], body["seed"], body["top_k"]) == (24, 0.0, 0, 3)
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}


async def test_stop_strings_are_sent_where_there_are_any(server, sent):
    await ask(server, "good", TEXT.model_copy(update={"stop": ("END",)}))
    assert sent[0]["stop"] == ["END"]


async def test_a_connection_is_not_kept(server):
    """llama.cpp closes a kept one after a stream, and the next request then breaks."""
    model = client(server)
    assert model._connected().default_headers["Connection"] == "close"
    await model.aclose()


async def test_json_carries_the_schema(server, sent):
    await ask(server, "good", JSON)
    assert sent[0]["response_format"]["json_schema"]["schema"] == JSON.json_schema
    assert sent[0]["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    ("dialect", "constraint", "tops"),
    [
        ("llama.cpp", {"grammar": 'root ::= "A" | "B" | "C"'}, 200),
        ("vllm", {"structured_outputs": {"choice": ["A", "B", "C"]}}, 20),
    ],
)
async def test_label_is_one_constrained_token(server, sent, dialect, constraint, tops):
    await ask(server, "good", LABEL, dialect=dialect)
    assert sent[0] | constraint == sent[0]
    assert (sent[0]["max_tokens"], sent[0]["logprobs"], sent[0]["top_logprobs"]) == (1, True, tops)


@pytest.mark.parametrize(
    ("owner", "dialect"), [("llamacpp", "llama.cpp"), ("vllm", "vllm"), ("library", "openai"), (None, "openai")]
)
async def test_a_server_is_asked_once_who_it_is(server, monkeypatch, owner, dialect):
    monkeypatch.setattr(fault_server, "OWNER", owner)
    model = client(server)
    await model.complete(LABEL)
    monkeypatch.setattr(fault_server, "OWNER", "somebody else")
    await model.complete(LABEL)
    await model.aclose()
    assert model.dialect == dialect


async def test_a_schema_that_is_not_supported_is_refused_unasked(server):
    with pytest.raises(ModelRefused, match="oneOf"):
        await ask(server, "good", JSON.model_copy(update={"json_schema": {"oneOf": []}}))
    assert server[1]["good"] == 0


async def test_plain_openai_gets_standard_fields_only(server, sent):
    await ask(server, "good", LABEL)
    standard = {"model", "messages", "max_tokens", "temperature", "seed", "stream", "stream_options"}
    assert set(sent[0]) == standard | {"logprobs", "top_logprobs"}


async def test_the_key_is_never_taken_from_the_environment(server, sent, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    model = client(server)
    assert model._connected().api_key == "none"
    await model.aclose()


async def test_loopback_goes_round_the_proxy_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await ask(server, "good", TEXT)).text == "fine"


# --- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "requests", "obtained"),
    [
        ("good", 1, "constrained"),
        ("json_fenced", 1, "extracted"),
        ("json_in_reasoning", 1, "extracted"),
        ("json_second_try", 2, "repaired"),
        ("json_cut_once", 2, "repaired"),
    ],
)
async def test_json_is_come_by(server, path, requests, obtained):
    completion = await ask(server, path, JSON)
    assert completion.data == {"name": "Cat", "legs": 4, "tags": [], "kind": "animal"}
    assert json.loads(completion.text) == completion.data
    assert completion.obtained == obtained
    assert server[1][path] == requests
    assert completion.usage.completion_tokens == 3 * requests, "usage adds up over repairs"


async def test_json_that_goes_on_in_blanks_is_given_up(server):
    started = time.monotonic()
    with pytest.raises(InvalidOutput, match=r"went on in blanks \(100 in a row\)") as wrong:
        await ask(server, "json_blanks", JSON)
    assert time.monotonic() - started < 3, "the server would go on for four seconds at least"
    assert wrong.value.raw.rstrip().endswith('",'), "blanks within a string are text"
    assert wrong.value.spent > (0, 0)
    assert server[1]["json_blanks"] == 1, "asked the same, it would do the same"


@pytest.mark.parametrize(
    ("text", "endless"),
    [
        (" " * 99 + "{", False),
        (" " * 100, True),
        ('{"a": "' + " " * 100, False),
        ('{"a": "b"' + "\n" * 100, True),
        ('{"a": "\\"' + " " * 100, False),
        ('{"a": "\\\\"' + " " * 100, True),
    ],
)
def test_only_blanks_outside_a_string_count_however_they_are_cut(text, endless):
    whole, cut = Blanks(), Blanks()
    assert whole.endless(text) is endless
    assert [True for character in text if cut.endless(character)] == [True] * endless


async def test_what_an_unusable_answer_took_is_known(server):
    with pytest.raises(InvalidOutput) as wrong:
        await ask(server, "json_never", JSON)
    assert wrong.value.spent == (9 * (1 + REASKS), 3 * (1 + REASKS))


async def test_json_is_asked_for_again_within_a_bound(server):
    with pytest.raises(InvalidOutput) as caught:
        await ask(server, "json_never", JSON)
    assert server[1]["json_never"] == 1 + REASKS
    assert caught.value.raw == "I would rather not."


@pytest.mark.parametrize(("path", "said"), [("json_second_try", "$.legs: 40 is above 8"), ("json_cut_once", "cut off")])
async def test_the_second_time_the_model_is_told_what_was_wrong(server, monkeypatch, path, said):
    bodies = []
    answer = FAULTS[path]

    async def keep(connection):
        bodies.append(connection.body)
        await answer(connection)

    monkeypatch.setitem(FAULTS, path, keep)
    await ask(server, path, JSON)
    assert [message["role"] for message in bodies[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert said in bodies[1]["messages"][3]["content"]
    assert bodies[1]["messages"][2]["content"] in (CAT[:20], CAT.replace('"legs": 4', '"legs": 40'))


# --- labels ---------------------------------------------------------------------------------------------------------


async def test_variants_of_a_label_are_merged(server):
    completion = await ask(server, "label_spaces", AB)
    assert completion.logprobs["A"] == pytest.approx(math.log(math.exp(-1) + math.exp(-2)))
    assert completion.logprobs["B"] == -1.5
    assert completion.text == "A"
    assert completion.logprob_floor == -4.0


async def test_the_token_that_the_constraint_chose_counts_though_it_is_unlikely(server):
    three = AB.model_copy(update={"labels": ("A", "B", "C")})
    completion = await ask(server, "label_censored", three, dialect="llama.cpp")
    assert completion.logprobs == {"A": -3.0, "B": -9.0, "C": None}
    assert completion.text == "A", "the most probable, whatever was produced"
    assert completion.logprob_floor == -5.0, "the produced token was listed out of turn"


async def test_all_labels_censored_is_an_error(server):
    with pytest.raises(InvalidOutput, match="'The' 90%"):
        await ask(server, "label_none", AB)


async def test_a_server_without_logprobs_is_told_so(server):
    with pytest.raises(ModelRefused, match="sends no log-probabilities"):
        await ask(server, "label_without", AB)


def test_importing_the_client_does_not_import_the_sdk():
    code = "import sys, glasswork.models.openai, glasswork.models.wrap; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
