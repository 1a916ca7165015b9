"""Which model a name means, and that each is opened once, shared, and closed."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.definitions import EmbeddedModel, ModelsDef, OpenAIModel, RandomModel, ReplayModel, ScriptedModel
from glasswork.errors import ModelRefused, ModelUnreachable, NotFound, UserError, WeightsError
from glasswork.models import pool
from glasswork.models.openai import OpenAIServer
from glasswork.models.pool import Models
from glasswork.records import Completion, Message, Request

OURS = ModelsDef(
    version=1,
    default="fast",
    models={
        "fast": RandomModel(kind="random", seed=3),
        "far": OpenAIModel(kind="openai", base_url="http://far.example/v1", model="m", api_key_env="FAR_KEY"),
        "script": ScriptedModel(kind="scripted", file="answers.yaml"),
    },
)


@pytest.fixture
def models(tmp_path):
    return Models(OURS, base_dir=tmp_path, override=None)


# --- what a name means ----------------------------------------------------------------------------------------------


def test_default_is_the_catalogues_where_no_file_says_otherwise(tmp_path):
    assert Models(None, base_dir=tmp_path).resolve() == EmbeddedModel(kind="embedded", weights="qwen2.5-coder-1.5b")


def test_default_is_what_the_file_says(models):
    assert models.resolve("default") == RandomModel(kind="random", seed=3)


def test_the_override_replaces_every_name(tmp_path):
    models = Models(OURS, base_dir=tmp_path, override="random:9")
    for name in ("default", "far", "qwen2.5-coder-0.5b", "nonsense"):
        assert models.resolve(name) == RandomModel(kind="random", seed=9)


def test_an_override_may_name_a_model_of_the_file(tmp_path):
    assert Models(OURS, base_dir=tmp_path, override="far").resolve("fast") == OURS.models["far"]


def test_a_name_of_the_file_wins_over_the_catalogue(tmp_path):
    mine = ModelsDef(version=1, models={"smollm2-135m": RandomModel(kind="random")})
    assert Models(mine, base_dir=tmp_path).resolve("smollm2-135m") == RandomModel(kind="random")


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("smollm2-135m", EmbeddedModel(kind="embedded", weights="smollm2-135m")),
        ("random", RandomModel(kind="random", seed=0)),
        ("random:42", RandomModel(kind="random", seed=42)),
        ("scripted:tests/a.yaml", ScriptedModel(kind="scripted", file="tests/a.yaml")),
        ("replay:2026-01-02-x", ReplayModel(kind="replay", run="2026-01-02-x")),
        ("http://localhost:8000/v1", OpenAIModel(kind="openai", base_url="http://localhost:8000/v1", model="*")),
        ("https://h/v1#a/b", OpenAIModel(kind="openai", base_url="https://h/v1", model="a/b")),
        ("weights/mine.gguf", EmbeddedModel(kind="embedded", weights="weights/mine.gguf")),
    ],
)
def test_names_that_say_what_they_mean(models, name, meaning):
    assert models.resolve(name) == meaning


@pytest.mark.parametrize("name", ["random:", "random:x", "scripted:", "replay:", "http:", "", "gguf", "random:-1"])
def test_half_a_name_is_no_name(models, name):
    with pytest.raises(NotFound):
        models.resolve(name)


@pytest.mark.parametrize(("name", "nearest"), [("fsat", "fast"), ("qwen2.5-coder-15b", "qwen2.5-coder-1.5b")])
def test_an_unknown_name_suggests_the_nearest(models, name, nearest):
    with pytest.raises(NotFound, match=f"did you mean '{nearest}'"):
        models.resolve(name)


@given(st.text(max_size=40))
def test_any_text_is_a_model_or_not_found(name):
    models = Models(OURS, base_dir=pool.Path())
    try:
        models.resolve(name)
        assert models.describe(name)
    except NotFound:
        pass


def test_each_can_be_described(models, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    assert models.describe() == "fast: random answers, seed 3"
    assert models.describe("far") == "far: m at http://far.example/v1"
    assert models.describe("smollm2-135m") == (
        "smollm2-135m: llama.cpp on smollm2-135m (0.10 GB, Apache-2.0, not pulled), 4 at once, 8192 tokens each"
    )
    assert models.describe("replay:r1") == "replay:r1: answers from the run r1"
    assert models.describe("http://h/v1") == "http://h/v1: the only model at http://h/v1"


# --- opening --------------------------------------------------------------------------------------------------------


class Fake:
    """A model that counts how often it was opened and closed."""

    def __init__(self, name, log, fails=False):
        self.name, self.context, self._log, self._fails = name, None, log, fails

    async def complete(self, request, *, place="", on_text=None):
        return Completion(text="x")

    async def aclose(self):
        self._log.append(f"close {self.name}")
        if self._fails:
            raise RuntimeError(f"{self.name} will not close")


@pytest.fixture
def log(monkeypatch):
    """Have the opening of every model take a moment and be noted."""
    events = []

    async def opening(self, definition, name):
        events.append(f"open {name}")
        await asyncio.sleep(0.01)
        if name == "random:13" and events.count("open random:13") == 1:
            raise WeightsError("not this time")
        return Fake(name, events, fails=name == "random:7")

    monkeypatch.setattr(Models, "_open", opening)
    return events


async def test_many_who_ask_at_once_share_one(models, log):
    got = await asyncio.gather(*(models.get(name) for name in ("default", "fast", "default", "far")))
    assert got[0] is got[1] is got[2]
    assert got[3] is not got[0]
    assert log == ["open fast", "open far"]
    await models.aclose()


async def test_nothing_is_opened_before_it_is_asked_for(models, log):
    models.resolve("far")
    await models.aclose()
    assert log == []


async def test_all_are_closed_also_when_one_fails(models, log):
    for name in ("random:7", "random:8", "random:9"):
        await models.get(name)
    with pytest.raises(RuntimeError, match="random:7 will not close"):
        await models.aclose()
    assert sorted(log[3:]) == ["close random:7", "close random:8", "close random:9"]
    await models.aclose()


async def test_a_failed_opening_is_tried_again_next_time(models, log):
    with pytest.raises(WeightsError):
        await models.get("random:13")
    assert (await models.get("random:13")).name == "random:13"
    await models.aclose()


async def test_one_who_gives_up_does_not_spoil_it_for_the_other(models, log):
    first, second = (asyncio.create_task(models.get("fast")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).name == "fast"
    assert log == ["open fast"]
    await models.aclose()


async def test_closing_while_one_opens_gives_it_up(models, log):
    waiting = asyncio.create_task(models.get("fast"))
    await asyncio.sleep(0)
    await models.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert log in (["open fast"], [])


def ask(text: str) -> Request:
    return Request(messages=(Message(role="user", content=text),))


async def test_the_doubles_are_opened(models, tmp_path):
    (tmp_path / "answers.yaml").write_text("answers: [{text: hello}]\n")
    assert (await models.get("random:4")).name == "random:4"
    assert (await (await models.get("script")).complete(ask("x"), place="a#1/act")).text == "hello"
    await models.aclose()


async def test_a_replay_reads_its_run_through_what_it_is_given(tmp_path):
    request, said = ask("hello"), Completion(text="recorded")
    recorded = {"run-1": {("a#1/act", request.digest()): said}}
    models = Models(None, base_dir=tmp_path, answers_of=recorded.__getitem__)
    assert await (await models.get("replay:run-1")).complete(request, place="a#1/act") == said
    with pytest.raises(UserError, match="cannot be replayed here"):
        await Models(None, base_dir=tmp_path).get("replay:run-1")


async def test_paths_of_the_override_are_relative_to_where_we_are(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "answers.yaml").write_text("answers: [{text: from here}]\n")
    monkeypatch.chdir(tmp_path / "here")
    models = Models(OURS, base_dir=tmp_path, override="scripted:answers.yaml")
    assert (await (await models.get()).complete(ask("x"), place="p")).text == "from here"
    (tmp_path / "answers.yaml").write_text("answers: [{text: from the file}]\n")
    models = Models(OURS, base_dir=tmp_path, override="script")
    assert (await (await models.get()).complete(ask("x"), place="p")).text == "from the file"


async def test_a_key_comes_from_its_variable(models, monkeypatch):
    monkeypatch.delenv("FAR_KEY", raising=False)
    with pytest.raises(UserError, match="FAR_KEY is not set"):
        await models.get("far")
    monkeypatch.setenv("FAR_KEY", "k")
    assert isinstance(await models.get("far"), OpenAIServer)
    await models.aclose()


@pytest.fixture
def server():
    """A server on loopback that lists the models in ``listed``."""
    listed = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in listed]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/v1", listed
        http.shutdown()
        thread.join()


async def test_the_only_model_of_a_server_is_taken(models, server):
    address, listed = server
    listed.append("org/the-one")
    model = await models.get(address)
    assert model.model == "org/the-one"
    await models.aclose()


@pytest.mark.parametrize(("names", "said"), [([], "lists no model"), (["a", "b"], "lists 2 models: a, b")])
async def test_none_or_several_must_be_chosen_from(models, server, names, said):
    address, listed = server
    listed.extend(names)
    with pytest.raises(ModelRefused, match=said) as caught:
        await models.get(address)
    assert f"{address}#MODEL" in caught.value.hint


async def test_a_server_that_is_not_there(models):
    with pytest.raises(ModelUnreachable):
        await models.get("http://127.0.0.1:9/v1")
