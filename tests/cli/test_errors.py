"""A user's mistake is told with its place and what to do; never with a traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from glasswork.cli import main as command_line
from glasswork.errors import GlassworkError

AGENT_STEP = "version: 1\nname: broken\nsteps:\n"

BROKEN = {
    "an unknown key": (
        AGENT_STEP + "  bake: {agent: baker, task: bake, saev: x.txt}\n",
        ["workflows/broken.yaml:4:", "saev", "save"],
    ),
    "a wrong type": (
        AGENT_STEP + "  bake: {agent: baker, task: [1, 2]}\n",
        ["workflows/broken.yaml:4:", "task"],
    ),
    "a cycle": (
        AGENT_STEP + "  one: {agent: baker, task: bake, needs: two}\n  two: {agent: baker, task: bake, needs: one}\n",
        ["workflows/broken.yaml:", "one → two → one"],
    ),
    "a missing agent": (
        AGENT_STEP + "  bake: {agent: bakr, task: bake}\n",
        ["workflows/broken.yaml:4:", "bakr", "did you mean 'baker'"],
    ),
    "a template that names a step not needed": (
        AGENT_STEP
        + "  bake: {agent: baker, task: bake}\n"
        + "  taste: {agent: taster, task: 'judge {{ steps.bake.text }}'}\n",
        ["workflows/broken.yaml:5:", "bake", "need"],
    ),
    "a missing field": (
        AGENT_STEP
        + "  bake: {agent: baker, task: bake}\n"
        + "  taste: {agent: taster, needs: bake, task: 'judge {{ steps.bake.txt }}'}\n",
        ["workflows/broken.yaml:5:", "txt", "text"],
    ),
    "a condition that is none": (
        AGENT_STEP + "  bake: {agent: baker, task: bake, when: 'print(1)'}\n",
        ["workflows/broken.yaml:4:"],
    ),
    "a broken YAML": ("version: 1\nname: [broken\n", ["workflows/broken.yaml:"]),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("command", ["validate", "plan", "graph", "run"])
def test_a_broken_workflow_is_told_with_its_place(bakery, glasswork, command, text, expected):
    (bakery / "workflows" / "broken.yaml").write_text(text, encoding="utf-8")
    said = glasswork(command, "broken")
    assert said.status == 2
    for part in expected:
        assert part in said.err
    assert "Traceback" not in said.err


def test_a_missing_role_is_told_where_it_is_named(bakery, glasswork):
    (bakery / "agents" / "baker.yaml").write_text("role: bakker\n", encoding="utf-8")
    for command in (["validate", "bakery"], ["validate", "baker"], ["validate"], ["run", "bakery", "a loaf"]):
        said = glasswork(*command)
        assert said.status == 2
        assert "agents/baker.yaml:1:" in said.err
        assert "did you mean 'baker'" in said.err


def test_the_line_is_shown_with_a_caret(bakery, glasswork):
    (bakery / "workflows" / "broken.yaml").write_text(BROKEN["an unknown key"][0], encoding="utf-8")
    lines = glasswork("validate", "broken").err.splitlines()
    shown = next(index for index, line in enumerate(lines) if line.startswith("    4 | "))
    assert lines[shown + 1].index("^") == lines[shown].index("saev")


def test_all_problems_come_at_once(bakery, glasswork):
    text = AGENT_STEP + "  a: {agent: bakr, task: x}\n  b: {agent: baker, task: y, needs: z}\n"
    (bakery / "workflows" / "broken.yaml").write_text(text, encoding="utf-8")
    said = glasswork("validate", "broken")
    assert "broken.yaml:4:" in said.err
    assert "broken.yaml:5:" in said.err
    assert "error: 2 problems in 1 file" in said.err


def test_a_missing_workflow_is_told_with_the_nearest(bakery, glasswork):
    for command in ("run", "plan", "graph", "validate"):
        said = glasswork(command, "bakry")
        assert said.status == 2
        assert "did you mean 'bakery'" in said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--input", "wish"], "NAME=VALUE"),
        (["--input", "=x"], "NAME=VALUE"),
        (["--input", "wihs=a loaf"], "did you mean 'wish'"),
        (["a loaf", "--input", "guests=many"], "a whole number"),
        ([], "'wish' is missing"),
        (["a loaf", "--inputs", "nowhere.yaml"], "nowhere.yaml"),
        (["a loaf", "--answer", "bake=yes"], "no step 'bake' asks a person"),
        (["a loaf", "--model", "dicee"], "dice"),
        (["a loaf", "--sandbox", "shed"], "shed"),
        (["a loaf", "--budget", "calls=0"], "calls"),
    ],
)
def test_a_bad_option_of_run_is_told_before_anything_runs(bakery, glasswork, words, expected):
    said = glasswork("run", "bakery", *words)
    assert said.status == 2
    assert expected in said.err
    assert "Traceback" not in said.err
    assert not (bakery / "logs").exists()


def test_an_answer_is_yes_or_no(bakery, glasswork):
    said = glasswork("run", "bakery_approved", "a loaf", "--answer", "sell=maybe")
    assert said.status == 2
    assert "'yes' or 'no', not 'maybe'" in said.err


def test_errors_are_json_where_json_was_asked_for(bakery, glasswork):
    said = glasswork("plan", "bakry", "--json")
    assert said.status == 2
    assert said.data["error"]["code"] == "not_found"
    (bakery / "workflows" / "broken.yaml").write_text(BROKEN["a cycle"][0], encoding="utf-8")
    assert glasswork("validate", "broken", "--json").data["error"]["problems"][0]["line"] > 0


def test_an_escape_in_a_name_does_not_reach_the_terminal(bakery, glasswork):
    assert "\x1b" not in glasswork("run", "\x1b[31mbakery").err


def failing(error):
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ValueError("a surprise"), 70, "This is a bug in Glasswork"),
        (PermissionError(13, "Permission denied", "/there"), 1, "Permission denied: /there"),
        (GlassworkError("told", hint="do this"), 1, "do this"),
    ],
)
def test_what_nobody_foresaw_is_told_shortly(monkeypatch, glasswork, error, status, said):
    monkeypatch.delenv("GLASSWORK_DEBUG", raising=False)
    monkeypatch.setattr(command_line, "_commands", lambda: lambda *_, **__: failing(error)())
    ended = glasswork("anything")
    assert ended.status == status
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_traceback_is_shown_to_those_who_ask(monkeypatch, glasswork):
    monkeypatch.setenv("GLASSWORK_DEBUG", "1")
    monkeypatch.setattr(command_line, "_commands", lambda: lambda *_, **__: failing(ValueError("a surprise"))())
    assert "Traceback" in glasswork("anything").err


def test_a_closed_pipe_is_no_error(bakery):
    reader = subprocess.Popen(
        [sys.executable, "-m", "glasswork", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert reader.stdout
    assert reader.stderr
    reader.stdout.close()
    assert reader.stderr.read() == ""
    reader.stderr.close()
    reader.wait(timeout=20)


def test_json_errors_are_one_value(bakery):
    program = [sys.executable, "-m", "glasswork", "run", "bakry", "--json"]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["error"]["message"].startswith("no workflow named 'bakry'")
