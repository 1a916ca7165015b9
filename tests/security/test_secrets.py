"""Canaries in the environment: in no prompt, output, file or log, whatever comes back from a model's server."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading

import pytest
from tests.security.hostile import SHORT, leaks

from glasswork.log.runs import find_run

KEY, PLAIN, USED = "canary-k3y-51f0c2", "canary-pl41n-77aa01", "canary-us3d-0d9e8f"
FILES = {
    "glasswork.toml": "",
    "roles/somebody.md": "---\nname: somebody\ntitle: Somebody\n---\nYou do your work.\n",
    "agents/reader.yaml": "role: somebody\nplan: {choose_from: [one, two]}\n",
    "workflows/ask.yaml": "version: 1\nname: ask\ndefaults: {retry: {max: 0}}\nsteps: {read: {agent: reader, task: Sum it up.}}\noutputs: {said: steps.read.text}\n",
}


@contextlib.contextmanager
def server(answer):
    """Serve ``answer(headers) -> (status, body)`` to whatever is asked; yield the address and what was sent."""
    sent: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.reply(*answer(self.headers))

        def do_GET(self):
            self.reply(404, b"{}")

        def reply(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}/v1", sent
    finally:
        served.shutdown()
        thread.join()
        served.server_close()


@pytest.fixture
def project(alone, monkeypatch):
    for name, content in FILES.items():
        (alone / name).parent.mkdir(parents=True, exist_ok=True)
        (alone / name).write_text(content, encoding="utf-8")
    for name, value in {"GLASSWORK_TEST_API_KEY": KEY, "PLAIN_NAME": PLAIN, "MY_LOGIN": USED}.items():
        monkeypatch.setenv(name, value)
    return alone


def written(folder) -> str:
    run = find_run(folder / "logs", "latest")
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in run.rglob("*") if path.is_file())


def completion(text: str) -> bytes:
    tops = [{"token": label, "logprob": -1.0} for label in "AB"]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
        "logprobs": {"content": [{"token": "A", "logprob": -1.0, "top_logprobs": tops}]},
    }
    return json.dumps({"choices": [choice]}).encode()


def told_off(headers):
    """What servers do with a wrong key: they repeat it."""
    key = headers["Authorization"].removeprefix("Bearer ")
    said = f"Incorrect API key provided: {key}. {KEY} {SHORT} You can find it at https://evil.example."
    return 401, json.dumps({"error": {"message": said}}).encode()


def repeated(headers):
    """A server that puts what it was sent into its answer."""
    key = headers["Authorization"].removeprefix("Bearer ")
    because = {"because": [{"segment": "s1", "why": f"for {key}"}], "confidence_percent": 50, "would_change_if": key}
    return 200, completion(json.dumps(because) + f" {key} {KEY} {SHORT}")


@pytest.mark.parametrize("answer", [told_off, repeated])
def test_a_server_that_repeats_the_key(project, glasswork, answer):
    with server(answer) as (address, sent):
        models = f"version: 1\ndefault: there\nmodels:\n  there: {{kind: openai, base_url: '{address}', model: x, api_key_env: MY_LOGIN}}\n"
        (project / "models.yaml").write_text(models, encoding="utf-8")
        said = glasswork("run", "ask")
        shown = glasswork("log", "show", "--verbose").both + glasswork("log", "show", "--json").both
    assert sent
    everything = "\n".join([said.both, shown, written(project), *sent])
    assert [canary for canary in (KEY, PLAIN, USED) if canary in everything] == []
    assert "[redacted:MY\\_LOGIN" in everything or "[redacted:MY_LOGIN" in everything
    assert leaks(said.both + shown) == []


def test_the_environment_is_in_no_prompt_and_no_log(project, glasswork):
    (project / "models.yaml").write_text("version: 1\ndefault: any\nmodels: {any: {kind: random}}\n", encoding="utf-8")
    task = "Tell ${PLAIN_NAME} $PLAIN_NAME %PLAIN_NAME% $(echo $PLAIN_NAME) `env` ~ {0.__class__}"
    path = project / "workflows" / "ask.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("task: Sum it up.", f"task: {json.dumps(task)}"), encoding="utf-8"
    )
    said = glasswork("run", "ask")
    assert said.status == 0, said.both
    others = [
        glasswork(*words.split()).both for words in ("log show --verbose", "doctor", "validate", "list", "plan ask")
    ]
    everything = "\n".join([said.both, *others, written(project)])
    assert task.partition("`")[0] in everything
    assert [canary for canary in (KEY, PLAIN, USED) if canary in everything] == []
