"""Files that are not as they should be: a clear error where they are needed, and no secret let through where not."""

from __future__ import annotations

import json

import pytest

from glasswork.log.about import RunAbout
from glasswork.log.reader import read
from glasswork.log.writer import LogWriter
from glasswork.records import HumanAsked, RunStarted

KEY, LOGIN = "canary-k3y-51f0c2", "canary-us3d-0d9e8f"
RUN = "20261122-ask-aaaa"
BROKEN = {
    "a key misspelt": "version: 1\nmodels:\n  there: {kind: openai, base_url: 'http://x', model: x, api_key_evn: MY_LOGIN}\n",
    "an unknown kind": "version: 1\nmodels:\n  there: {kind: opnai, api_key_env: MY_LOGIN}\n",
    "no YAML": "models: {there: [api_key_env: MY_LOGIN",
    "no text": b"\xff\xfe\x00 api_key_env: MY_LOGIN",
}
NEED_NO_MODEL = [
    "log list",
    "log show latest",
    "log show latest --json",
    "log verify latest",
    "log redact latest --event 1 --yes",
    "approve latest ship --yes",
    "list",
    "doctor",
]


@pytest.fixture
def run(alone, monkeypatch):
    """A run that waits for an answer, in a project whose variables hold two secrets."""
    monkeypatch.setenv("MY_LOGIN", LOGIN)
    monkeypatch.setenv("GLASSWORK_TEST_API_KEY", KEY)
    (alone / "glasswork.toml").write_text("", encoding="utf-8")
    with LogWriter.create(alone / "logs" / RUN, RunAbout(run=RUN, workflow="ask")) as writer:
        writer.record(RunStarted(run=RUN, workflow="ask", inputs={"for": "Ada"}))
        writer.record(HumanAsked(step="ship", question="Ship it?"))
    return alone / "logs" / RUN


def spoil(folder, created: object) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "created": created}), encoding="utf-8")


@pytest.mark.parametrize(
    "created", ["yesterday", "", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22T10:00:00", 7, None]
)
def test_a_run_that_was_made_at_no_time(run, glasswork, created):
    spoil(run, created)
    for words in ("log show latest", "log show latest --json", "log verify latest", "approve latest ship --yes"):
        said = glasswork(*words.split())
        assert said.status not in {0, 70}, (words, said.both)
        wrong = ("run.json was changed", "run.json is damaged: not as expected is created")
        assert any(words in said.both for words in wrong), said.both
        assert "Traceback" not in said.both
    said = glasswork("log", "list")
    assert said.status == 0
    assert "damaged" in said.out


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("words", NEED_NO_MODEL)
def test_what_needs_no_model_goes_on_without_models_yaml(run, glasswork, broken, words):
    text = BROKEN[broken]
    (run.parents[1] / "models.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = glasswork(*words.split())
    assert said.status != 70, said.both
    assert "Traceback" not in said.both
    if words.startswith(("approve", "log redact")):
        assert said.status == 0, said.both
        assert "models.yaml" in said.err
        assert "MY_LOGIN" in said.err
    assert (
        LOGIN not in said.out.replace(f"for-{LOGIN}", "") if words.startswith("log redact") else LOGIN not in said.both
    )


@pytest.mark.parametrize("broken", BROKEN)
def test_secrets_are_taken_out_all_the_same(run, glasswork, broken):
    text = BROKEN[broken]
    (run.parents[1] / "models.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = glasswork("approve", "latest", "ship", "--yes", "--note", f"it is {LOGIN}, or {KEY}")
    assert said.status == 0, said.both
    note = read(run).events[-1].note
    assert note.startswith("it is [redacted:MY_LOGIN")
    assert KEY not in note
    everything = b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file())
    assert LOGIN.encode() not in everything
    assert KEY.encode() not in everything


def test_what_needs_a_model_says_what_is_wrong(run, glasswork):
    (run.parents[1] / "models.yaml").write_text(BROKEN["a key misspelt"], encoding="utf-8")
    (run.parents[1] / "workflows").mkdir()
    text = "version: 1\nname: ask\nsteps: {ship: {human: 'Ship it?'}, say: {agent: engineer, task: x}}\n"
    (run.parents[1] / "workflows" / "ask.yaml").write_text(text, encoding="utf-8")
    said = glasswork("run", "ask")
    assert said.status == 2
    assert "models.yaml:3:" in said.err
    assert "api_key_evn" in said.err
