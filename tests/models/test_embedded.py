"""What the embedded model does before and around llama.cpp; the real thing is in tests/live."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from glasswork.definitions import EmbeddedModel
from glasswork.errors import MissingExtra, NotFound, UserError, WeightsError
from glasswork.models import catalogue, child, embedded
from glasswork.models.embedded import find_weights, physical_cores, start_embedded
from glasswork.records import Message, Request

LONG = "You are careful. " * 200
STAND_IN = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
settings = json.loads(sys.argv[-1])
print("loading", settings["weights"], flush=True)
if "bad" in settings["weights"]:
    sys.exit("tensor data is not within the file bounds")
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def do_POST(self):
        said = {"settings": settings, "key": self.headers["Authorization"] == "Bearer " + os.environ["GLASSWORK_SERVER_KEY"]}
        choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(said)}, "finish_reason": "stop"}
        body = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}).encode()
        self.send_response(200); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
HTTPServer(("127.0.0.1", settings["port"]), Handler).serve_forever()
"""


def definition(weights: str, **more) -> EmbeddedModel:
    return EmbeddedModel(kind="embedded", weights=weights, **more)


def label(text: str) -> Request:
    return Request(messages=(Message(role="user", content=text),), form="label", labels=("A", "B"))


def text(text: str) -> Request:
    return Request(messages=(Message(role="user", content=text),))


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """Start a small HTTP server where llama.cpp would be started."""
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    real = child.Child

    def start(what, command, environment):
        assert command[1:4] == ["-P", "-m", "glasswork.models.llama_process"]
        return real(what, [sys.executable, str(script), command[-1]], environment)

    monkeypatch.setattr(embedded, "Child", start)
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: object())


def gguf(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"GGUF....")
    return path


# --- starting -------------------------------------------------------------------------------------------------------


async def test_started_with_its_settings_and_a_key(stand_in, tmp_path):
    gguf(tmp_path, "m.gguf")
    model = await start_embedded(definition("m.gguf", context=1024, parallel=3, threads=2), name="m", base_dir=tmp_path)
    said = json.loads((await model.complete(text("hello"))).text)
    await model.aclose()
    assert said["key"]
    del said["settings"]["port"]
    assert said["settings"] == {
        "weights": str(tmp_path / "m.gguf"),
        "context": 1024,
        "parallel": 3,
        "threads": 2,
        "gpu_layers": 0,
    }
    assert (model.name, model.context) == ("m", 1024)


async def test_what_llama_cpp_says_about_bad_weights_is_passed_on(stand_in, tmp_path):
    gguf(tmp_path, "bad.gguf")
    with pytest.raises(WeightsError, match=r"(?s)could not serve .*bad.gguf.*not within the file bounds"):
        await start_embedded(definition("bad.gguf"), name="m", base_dir=tmp_path)


async def test_without_the_bindings_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"glasswork\[embedded\]"):
        await start_embedded(definition("m.gguf"), name="m", base_dir=tmp_path)


# --- weights --------------------------------------------------------------------------------------------------------


def test_weights_not_pulled_say_how_to_pull(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match=r"glasswork models pull smollm2-135m"):
        find_weights("smollm2-135m", tmp_path)


def test_catalogued_weights_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    data = b"GGUF and more"
    made = catalogue.Entry("tiny", "tiny.gguf", len(data), hashlib.sha256(data).hexdigest(), "x", ())
    monkeypatch.setitem(catalogue.CATALOGUE, "tiny", made)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(data)
    assert find_weights("tiny", tmp_path) == tmp_path / "models" / "tiny.gguf"


def test_neither_a_name_nor_a_path(tmp_path):
    with pytest.raises(NotFound):
        find_weights("qwen", tmp_path)


def test_a_path_is_relative_to_the_definition(tmp_path):
    (tmp_path / "w").mkdir()
    path = gguf(tmp_path / "w", "m.gguf")
    assert find_weights("w/m.gguf", tmp_path) == path
    assert find_weights(str(path), Path("/nowhere")) == path
    with pytest.raises(UserError, match="no such file"):
        find_weights("m.gguf", tmp_path)


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "m.gguf").write_bytes(b"PK")
    with pytest.raises(UserError, match="not a GGUF file"):
        find_weights("m.gguf", tmp_path)


# --- threads --------------------------------------------------------------------------------------------------------


def test_cores_are_counted_once_and_within_what_is_allowed(monkeypatch):
    monkeypatch.setattr(embedded.os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    monkeypatch.setattr(embedded, "_siblings", lambda cpu: f"{cpu % 2},{cpu % 2 + 2}")
    monkeypatch.setattr(embedded, "_quota", lambda path, otherwise: otherwise)
    assert physical_cores() == 2


@pytest.mark.parametrize(("content", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1)])
def test_a_containers_quota_is_kept(tmp_path, content, cores):
    (tmp_path / "cpu.max").write_text(content + "\n")
    assert embedded._quota(tmp_path / "cpu.max", 8) == cores
    assert embedded._quota(tmp_path / "none", 8) == 8
