"""HTTP services as tool models, against a server on loopback: what is sent, what comes back, what is not allowed."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from glasswork.errors import ToolFailed, ToolTimeout, ToolUnavailable, ToolUnreachable
from glasswork.settings import Settings, ToolsSettings
from glasswork.tools import Blob, Given, Tools
from glasswork.tools.http import host_of

PNG = b"\x89PNG\r\n\x1a\n"
ANSWERS = {
    "/text": (200, "text/plain", b"hello"),
    "/json": (200, "application/json", b'{"data": [{"text": "found", "n": 3}]}'),
    "/image": (200, "image/png", PNG),
    "/base64": (200, "application/json", json.dumps({"image": base64.b64encode(PNG).decode()}).encode()),
    "/broken": (500, "text/html", b"<h1>It broke</h1>"),
    "/busy": (503, "text/plain", b"later"),
    "/moved": (302, "text/plain", b"elsewhere"),
    "/html": (200, "text/html", b"<html>"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers by path; ``/echo`` says what it was asked."""

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        if path == "/slow":
            self.server.hold.wait(10)
        said = {"method": self.command, "query": query, "body": body.decode("latin-1"), "headers": dict(self.headers)}
        status, kind, data = ANSWERS.get(path) or (200, "application/json", json.dumps(said).encode())
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", "/text")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library calls them so

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.hold = threading.Event()
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.hold.set()
        running.shutdown()
        thread.join()


@pytest.fixture
async def call(library, media, define, server):
    """Define a tool, and call it: ``await call("url: URL/text", inputs="…")``."""
    pools = []

    async def made(http, arguments=None, *, output="text", inputs="{}", env=None, timeout=None, **settings):
        define(
            "service", f"description: x\ninputs: {inputs}\noutput: {output}\nhttp: {{{http.replace('URL', server)}}}\n"
        )
        allowed = ToolsSettings(**({"network": (server.removeprefix("http://"),)} | settings))
        pools.append(Tools(library, Given(media, settings=Settings(tools=allowed), env=env or {})))
        return await pools[-1].get("service").call(arguments or {}, timeout=timeout)

    yield made
    for pool in pools:
        await pool.aclose()


async def test_text_json_and_files_come_back(call):
    assert await call("url: URL/text") == "hello"
    assert await call("url: URL/json, result: data.0.text") == "found"
    assert await call("url: URL/json, result: data.0.n", output="number") == 3
    assert await call("url: URL/json", output="json") == {"data": [{"text": "found", "n": 3}]}
    blob = await call("url: URL/image, method: GET", output="image")
    assert isinstance(blob, Blob)
    assert (blob.name, blob.media_type, blob.size) == ("service.png", "image/png", len(PNG))
    assert (await call("url: URL/base64, result: image", output="image")).sha256 == blob.sha256


async def test_what_is_sent(call, media):
    inputs = "{text: text, n: {type: number, required: false}, image: {type: image, required: false}}"
    body = "body: {model: x, input: '{{ text }}', note: 'Say {{ text }}!', n: '{{ n }}', image: '{{ image }}', l: ['{{ n }}']}"
    arguments = {"text": "{{ n }}", "image": media.add(PNG, "a.png")}
    said = await call(f"url: URL/echo, {body}", arguments, inputs=inputs, output="json")
    encoded = base64.b64encode(PNG).decode()
    expected = {"model": "x", "input": "{{ n }}", "note": "Say {{ n }}!", "image": encoded, "l": []}
    assert json.loads(said["body"]) == expected
    said = await call(f"url: URL/echo, {body}", arguments | {"n": 3}, inputs=inputs, output="json")
    assert json.loads(said["body"])["n"] == 3


async def test_a_query_and_an_upload(call, media):
    said = await call(
        "url: URL/echo, method: GET, query: {q: '{{ t }} & more'}", {"t": "a b"}, inputs="{t: text}", output="json"
    )
    assert (said["method"], said["query"]) == ("GET", "q=a+b+%26+more")
    blob = media.add(PNG, "a.png")
    said = await call(
        "url: URL/echo, method: PUT, upload: image", {"image": blob}, inputs="{image: image}", output="json"
    )
    assert said["body"].encode("latin-1") == PNG
    assert said["headers"]["Content-Type"] == "image/png"


SECRET = "headers: {Authorization: {value: 'Bearer ', secret: SERVICE_KEY}, X-Kind: test}"


async def test_a_secret_is_sent_and_never_shown(call):
    said = await call(
        f"url: URL/echo, {SECRET}", output="json", env={"SERVICE_KEY": "s3cret"}, secrets=("SERVICE_KEY",)
    )
    assert said["headers"]["Authorization"] == "Bearer ***"
    assert said["headers"]["X-Kind"] == "test"


@pytest.mark.parametrize(
    ("settings", "env", "why", "hint"),
    [
        ({"network": ()}, {}, "does not allow tools to talk to 127.0.0.1", "[tools] network = "),
        ({"network": ("127.0.0.1:1",)}, {}, "does not allow tools to talk to", "127.0.0.1:1"),
        ({}, {"SERVICE_KEY": "x"}, "does not allow tools to send SERVICE_KEY", '[tools] secrets = ["SERVICE_KEY"]'),
        ({"secrets": ("SERVICE_KEY",)}, {}, "SERVICE_KEY is not set", "export SERVICE_KEY"),
    ],
)
async def test_hosts_and_secrets_have_to_be_allowed(call, settings, env, why, hint):
    with pytest.raises(ToolUnavailable, match=why) as caught:
        await call(f"url: URL/text, {SECRET}", env=env, **settings)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("http", "output", "error", "words"),
    [
        ("url: URL/broken", "text", ToolFailed, "answers 500: <h1>It broke</h1>"),
        ("url: URL/busy", "text", ToolUnreachable, "answers 503: later"),
        ("url: URL/moved", "text", ToolFailed, "answers 302"),
        ("url: URL/html", "json", ToolFailed, "is no JSON: '<html>'"),
        ("url: URL/json, result: data.7.text", "text", ToolFailed, "has no data.7.text"),
        ("url: URL/json, result: data.0.text", "number", ToolFailed, "must be a number"),
        ("url: URL/text", "image", ToolFailed, "must be an image"),
        ("url: URL/json, result: data.0.text", "image", ToolFailed, "no file in base64"),
    ],
)
async def test_what_goes_wrong_is_told(call, http, output, error, words):
    with pytest.raises(error, match=words):
        await call(http, output=output)


async def test_a_service_that_is_not_there_is_unreachable(call):
    with pytest.raises(ToolUnreachable, match=r"127\.0\.0\.1:9"):
        await call("url: 'http://127.0.0.1:9/'", network=("127.0.0.1:9",))


async def test_a_service_that_is_slow_is_a_timeout(call):
    with pytest.raises(ToolTimeout):
        await call("url: URL/slow", timeout=0.2)


async def test_an_answer_without_end_is_cut_off(call, monkeypatch):
    monkeypatch.setattr("glasswork.tools.http.MAX_BYTES", 3)
    with pytest.raises(ToolFailed, match="the answer has more than"):
        await call("url: URL/text")


def test_hosts_are_written_in_one_way():
    assert host_of("https://Example.org/a") == "example.org:443"
    assert host_of("http://[::1]:8000/") == "[::1]:8000"
