"""Files and folders with hostile names or contents, and words on the command line that hold them, in error messages."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from tests.security.hostile import ALL, FORMS, MARKS, SHORT, leaks, write_project

from glasswork.log.runs import find_run

ODD = "\x1b]0;owned\x07\x9b2J\u202e\n\r\u2028x"
"""Fits a file's name."""
COMMANDS = ["run", "plan", "log show", "log why", "log diff a", "resume", "approve", "check", "probe", "models pull"]
FILES = {
    "workflows/hostile.yaml": "version: 1\nname: {odd}\nsteps: {{a: {{agent: {odd}, task: x}}}}\n",
    "agents/talker.yaml": "role: somebody\n{odd}: 1\n",
    "roles/somebody.md": "---\nname: somebody\n{odd}: {odd}\n---\nx\n",
    "models.yaml": "version: 1\ndefault: {odd}\n{odd}: 2\n",
    "glasswork.toml": "[sandbox]\n{odd} = {odd}\n",
    "liar.yaml": "answers: [{{place: x, {odd}: {odd}}}]\n",
}


@pytest.fixture
def hostile(project):
    return project


@pytest.mark.parametrize("text", [SHORT, MARKS, ODD], ids=["controls", "markup", "title"])
def test_words_on_the_command_line(hostile, glasswork, text):
    for command in COMMANDS:
        for words in ((text,), (f"--{text}",), ("--logs", text)):
            said = glasswork(*command.split(), *words)
            assert leaks(said.both) == [], (command, words)
            assert said.status in {0, 1, 2}, said.err


@pytest.mark.parametrize("file", FILES)
def test_definitions_that_cannot_be_read(hostile, glasswork, file):
    for text in (ALL, SHORT + MARKS, json.dumps(ALL)):
        (hostile / file).write_text(FILES[file].format(odd=text), encoding="utf-8")
        for command in ("validate", "list", "run hostile x -q"):
            assert leaks(glasswork(*command.split()).both) == []


def test_files_that_are_not_text(hostile, glasswork):
    for file in FILES:
        before = (hostile / file).read_bytes()
        for data in (b"\xff\xfe\x00\x1b[2J", b"a: \x9b\x80", FORMS["surrogates"].encode("utf-8", "surrogatepass")):
            (hostile / file).write_bytes(data)
            said = glasswork("run", "hostile", "x", "-q")
            assert leaks(said.both) == []
            assert said.status != 70, said.err
        (hostile / file).write_bytes(before)


def test_definitions_with_strange_names(hostile, glasswork):
    for folder, content in (("workflows", "version: 1\n"), ("agents", "x"), ("roles", "y")):
        for name in (ODD, "\u202egpj.yaml", "-rf", "[red]", b"\xff\xfe\x1b[2J"):
            suffix = ".md" if folder == "roles" else ".yaml"
            (hostile / folder / f"{os.fsdecode(name)}{suffix}").write_text(content, encoding="utf-8")
    for command in ("validate", "list", "list --json", f"run {ODD}"):
        said = glasswork(*command.split(" "))
        assert leaks(said.both) == []


def test_runs_with_strange_names_and_lying_heads(hostile, glasswork):
    glasswork("run", "hostile", "x", "-q", "--answer", "ask=yes")
    run = find_run(hostile / "logs", "latest")
    other = run.with_name("20261123-000000-" + ODD)
    shutil.copytree(run, other)
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    for key in ("workflow", "model", "glasswork", "run"):
        about[key] = SHORT + MARKS
    (other / "run.json").write_text(json.dumps(about), encoding="utf-8")
    lines = (run / "events.jsonl").read_bytes().replace(b"hostile", b"hos\xc2\x9btile\\u001b[2J")
    (run / "events.jsonl").write_bytes(lines)
    for command in (
        "log list",
        "log list --json",
        "log show",
        "log verify",
        "log tail",
        "log why say#1",
        "replay",
        "resume",
    ):
        for words in [[]] if command.startswith(("log list", "log why")) else [[], [other.name], [run.name]]:
            said = glasswork(*command.split(), *words)
            assert leaks(said.both) == [], (command, words)
            assert said.status != 70, said.err


def test_a_project_in_a_folder_of_a_strange_name(alone, glasswork, liar, monkeypatch):
    folder = alone / ODD
    folder.mkdir()
    monkeypatch.chdir(write_project(folder))
    for command in (
        "run hostile x --answer ask=yes",
        "list",
        "validate",
        "log show",
        "log list",
        "doctor",
        "check --dry-run",
    ):
        said = glasswork(*command.split())
        assert leaks(said.both) == [], command
    assert leaks(glasswork("init", str(alone / ("y" + ODD))).both) == []
