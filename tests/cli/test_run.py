"""``glasswork run`` from end to end on a scripted model: outcomes, exit statuses, logs, questions, interruption."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glasswork.log.reader import read, verify
from glasswork.log.runs import find_run
from glasswork.records import RunFinished, RunStarted

GLASSWORK = [sys.executable, "-m", "glasswork"]


def latest(folder: Path):
    return read(find_run(folder / "logs", "latest"))


def test_a_run_shows_what_was_decided_and_leaves_a_whole_log(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf")
    assert said.status == 0
    assert "a plain loaf" in said.out
    assert "glasswork log show" in said.out
    run = find_run(bakery / "logs", "latest")
    assert verify(run).ok
    assert verify(run).complete
    assert (run / "files" / "recipe.txt").read_text(encoding="utf-8").startswith("Mix flour")


def test_run_json_says_what_was_asked(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "--seed", "3", "--input", "guests=6", "-q")
    log = latest(bakery)
    about = log.about
    assert log.events[0].inputs == {"wish": "a loaf", "guests": 6}
    assert about.seed == 3
    assert set(about.definitions) == {
        "workflows/bakery.yaml",
        "agents/baker.yaml",
        "agents/taster.yaml",
        "roles/baker.md",
        "roles/taster.md",
    }
    assert about.models["default"]["kind"] == "scripted"


def test_json_is_one_object(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf", "--json")
    assert said.err == ""
    assert said.data["state"] == "done"
    assert said.data["outputs"]["good"] is True
    assert said.data["calls"] == 9
    assert Path(said.data["files"][0]).is_file()
    assert (Path(said.data["log"]) / "events.jsonl").is_file()


def test_quiet_says_how_it_ended(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf", "--quiet")
    assert said.err == ""
    assert said.out.startswith("done: 9 calls")


def test_inputs_from_a_file_give_way_to_those_typed(bakery, glasswork):
    (bakery / "inputs.yaml").write_text("wish: a bun\nguests: 2\n", encoding="utf-8")
    glasswork("run", "bakery", "--inputs", "inputs.yaml", "-i", "guests=8", "-q")
    started = next(event for event in latest(bakery).events if isinstance(event, RunStarted))
    assert started.inputs == {"wish": "a bun", "guests": 8}


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ("{wish: {type: string}, guests: {type: integer, default: 4}}", ""),
        ("{wish: {type: string, required: true}, place: {type: string}}", ""),
        ("{wish: {type: string}, place: {type: string}}", "2 text inputs that could be meant"),
        ("{wish: {type: integer, default: 1}}", "0 text inputs that could be meant"),
    ],
)
def test_a_text_goes_to_the_one_input_that_can_be_meant(bakery, glasswork, inputs, told):
    steps = "steps: {bake: {agent: baker, task: bake}}"
    (bakery / "workflows" / "bun.yaml").write_text(f"version: 1\nname: bun\ninputs: {inputs}\n{steps}\n")
    said = glasswork("run", "bun", "a bun", "-q", "--model", "random")
    assert (said.status == 0, told in said.err) == (not told, True)
    if not told:
        started = next(event for event in latest(bakery).events if isinstance(event, RunStarted))
        assert started.inputs["wish"] == "a bun"


def test_logs_go_where_they_are_told(bakery, glasswork, tmp_path, monkeypatch):
    glasswork("run", "bakery", "a loaf", "-q", "--logs", str(tmp_path / "here"))
    assert glasswork("log", "verify", "--logs", str(tmp_path / "here")).status == 0
    monkeypatch.setenv("GLASSWORK_LOGS", str(tmp_path / "there"))
    glasswork("run", "bakery", "a loaf", "-q")
    assert len(list((tmp_path / "there").iterdir())) == 1
    assert not (bakery / "logs").exists()


def test_a_project_is_found_from_a_folder_below(bakery, glasswork, monkeypatch):
    monkeypatch.chdir(bakery / "roles")
    assert glasswork("run", "bakery", "a loaf", "-q").status == 0
    assert latest(bakery).about.workflow == "bakery"


def test_a_workflow_by_its_path(bakery, glasswork, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    said = glasswork("run", "bakery/workflows/bakery.yaml", "a loaf", "-q", "--model", "random")
    assert said.status == 0, said.err


def test_another_model_for_everything(bakery, glasswork):
    assert glasswork("run", "bakery", "a loaf", "-q", "--model", "dice").status == 0
    assert latest(bakery).about.model == "dice"


def test_replay_of_a_run_comes_to_the_same(bakery, glasswork):
    first = glasswork("run", "bakery", "a loaf", "--json").data
    again = glasswork("run", "bakery", "a loaf", "--json", "--model", f"replay:{first['run']}").data
    assert again["outputs"] == first["outputs"]
    assert again["run"] != first["run"]


def test_answers_that_could_not_be_used_are_drawn_anew_counted_and_replayed(bakery, glasswork):
    script = (bakery / "answers.yaml").read_text(encoding="utf-8")
    spoilt = (
        "answers:\n  - {place: bake#*/plan, error: invalid_output, times: 2, usage: {prompt_tokens: 1000}}"
        + script.removeprefix("answers:")
    )
    (bakery / "answers.yaml").write_text(spoilt, encoding="utf-8")
    run = glasswork("run", "bakery", "a loaf")
    assert run.status == 0, run.err
    lines = glasswork("log", "export", "latest", "--format", "jsonl").out.splitlines()
    calls = [one["data"] for one in map(json.loads, lines) if one["data"].get("place") == "bake#1/plan"]
    asked = calls[2]["request"]
    assert [(one["seed"], one["temperature"]) for one in calls] == [
        (None, None),
        (asked["seed"] + 1, 0.7),
        (asked["seed"] + 2, 0.7),
    ]
    finished = json.loads(lines[-1])["data"]
    assert finished["usage"]["prompt_tokens"] > 2000, "they are counted as part of the run"
    assert "2 attempts failed, 2 000 tokens" in glasswork("log", "why", "bake").out
    assert glasswork("replay", "latest").status == 0


def test_a_failing_step_is_status_1_with_its_reason(bakery, glasswork):
    script = (bakery / "answers.yaml").read_text(encoding="utf-8")
    (bakery / "answers.yaml").write_text(script.replace("place: taste#*/choose*", "place: never"), encoding="utf-8")
    said = glasswork("run", "bakery", "a loaf", "-q")
    assert said.status == 1
    assert "taste: the script 'script' has no answer (left)" in said.out


def test_a_spent_budget_is_status_3(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf", "-q", "--budget", "calls=3")
    assert said.status == 3
    assert "budget of 3 calls" in said.out
    assert glasswork("run", "bakery", "a loaf", "-q", "--budget", "tokens=50").status == 3


def test_the_files_budget_stands_where_none_is_typed(bakery, glasswork):
    path = bakery / "workflows" / "bakery.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("calls: 40", "calls: 2"), encoding="utf-8")
    assert glasswork("run", "bakery", "a loaf", "-q", "--budget", "tokens=10000").status == 3


@pytest.mark.parametrize(
    ("answer", "sold", "praised"), [("sell=yes", True, "done"), ("sell=no:too dear: far", False, "skipped")]
)
def test_answers_given_beforehand(bakery, glasswork, answer, sold, praised):
    data = glasswork("run", "bakery_approved", "a loaf", "--json", "--answer", answer).data
    assert data["outputs"]["sold"] is sold
    assert data["outputs"]["note"] == ("" if sold else "too dear: far")
    steps = {step["step"]: step["state"] for step in glasswork("log", "show", "--json").data["steps"]}
    assert steps["praise"] == praised


def on_a_terminal(*words: str, typed: dict[str, str], seconds: float = 30) -> tuple[int, str]:
    """Run on a pseudo-terminal; type each answer when its prompt has appeared. Returns the status and all output."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(GLASSWORK[0], [*GLASSWORK, *words])
    shown, waiting, deadline = "", list(typed.items()), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end has closed
            break
        if waiting and waiting[0][0] in shown:
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


@pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")
def test_a_question_is_asked_at_the_terminal(bakery, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    typed = {"or later?": "perhaps", "perhaps\r\nyes, no or later?": "no", "A note": "too dear"}
    status, shown = on_a_terminal("run", "bakery_approved", "a loaf", typed=typed)
    assert status == 0, shown
    assert "Sell it?" in shown
    finished = latest(bakery).events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.outputs["note"] == "too dear"


@pytest.fixture
def slow(bakery):
    """The bakery with a model that takes a minute over the act."""
    path = bakery / "answers.yaml"
    text = path.read_text(encoding="utf-8").replace("  - place: bake#*/act\n", "  - place: bake#*/act\n    delay: 1m\n")
    path.write_text(text, encoding="utf-8")
    return bakery


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_status_130_and_its_log_is_whole(slow, number):
    child = subprocess.Popen(
        [*GLASSWORK, "run", "bakery", "a loaf"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr
    for line in child.stderr:
        if "chose" in line:
            break
    child.send_signal(number)
    out, _ = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "interrupted" in out
    finished = latest(slow).events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.state == "interrupted"
    assert verify(find_run(slow / "logs", "latest")).complete


def test_log_list(bakery, glasswork):
    runs = {wish: glasswork("run", "bakery", wish, "--json").data["run"] for wish in ("a loaf", "a bun")}
    listed = glasswork("log", "list", "--json").data
    assert {row["run"]: row["state"] for row in listed} == dict.fromkeys(runs.values(), "done")
    for wish, run in runs.items():
        assert run in glasswork("log", "list").out
        assert wish in glasswork("log", "show", run).out
        assert wish in glasswork("log", "why", run, "bake#1", "--verbose").out


def test_log_why(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    why = glasswork("log", "why", "taste#1").out
    assert "serve it" in why
    assert "70%" in why
    assert glasswork("log", "why", "latest", "bake#1", "--json").data["decision"] == "bake#1"
    missing = glasswork("log", "why", "bak#1")
    assert missing.status == 2
    assert "bake#1" in missing.err
    assert glasswork("log", "why", "a", "b", "c").status == 2
    assert glasswork("log", "show", "nothing").status == 2


def test_a_changed_log_is_status_1(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    path = find_run(bakery / "logs", "latest") / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a plain loaf", b"a sweet loaf"))
    said = glasswork("log", "verify")
    assert said.status == 1
    assert glasswork("log", "verify", "--json").data["ok"] is False


def test_no_runs_yet(bakery, glasswork):
    assert "no runs yet" in glasswork("log", "list").out
    assert glasswork("log", "show").status == 2


def test_no_colours_where_nobody_sees_them(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf")
    assert "\x1b" not in said.out + said.err


def test_settings_bound_sandboxes(bakery):
    from glasswork.cli.bounds import bounded
    from glasswork.cli.load import load_workflow
    from glasswork.settings import SandboxSettings

    compiled, _ = load_workflow("software_team")
    settings = SandboxSettings(backend="jail", max_timeout=5, max_memory_mb=100)
    use = bounded(compiled, settings, None).steps["test"].definition.sandbox
    assert (use.backend, use.timeout, use.memory_mb) == ("jail", 5, 100)
    assert bounded(compiled, settings, "bubblewrap").steps["test"].definition.sandbox.backend == "bubblewrap"
    assert bounded(compiled, SandboxSettings(), None).steps["test"].definition.sandbox.backend == "default"


def test_errors_of_the_log_folder_are_told(bakery, glasswork):
    (bakery / "logs").write_text("in the way", encoding="utf-8")
    said = glasswork("run", "bakery", "a loaf")
    assert said.status in {1, 2}
    assert "Traceback" not in said.err
    assert re.search("logs", said.err)


def test_json_of_a_failed_run_is_still_one_object(bakery):
    (bakery / "answers.yaml").write_text("answers: [{place: nowhere, text: x}]\n", encoding="utf-8")
    ended = subprocess.run([*GLASSWORK, "run", "bakery", "x", "--json"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["state"] == "failed"
