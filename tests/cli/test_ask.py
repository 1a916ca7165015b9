"""``glasswork ask``: a request on a scripted model and real tool models; the answer, the log, and running it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasswork.log.reader import read, verify
from glasswork.log.runs import find_run

ANSWERS = """
answers:
  - {place: "ask#1.1/open", text: '[{"name": "calc'}
  - {place: "ask#1.1/act", json: [{name: calculate, arguments: {expression: "15% of 840"}}]}
  - place: "ask#1.3/act"
    json: {answer: [{says: It is 126., rests_on: [t1]}]}
"""
IN_VAIN = ANSWERS.replace("15% of 840", "1/0")
FILE = """
answers:
  - {place: "ask#1.1/open", text: '[{"name": "table'}
  - {place: "ask#1.1/act", json: [{name: table_facts, arguments: {table: {from: sales.csv}}}]}
  - place: "*/act"
    json: {answer: [{says: It has two rows., rests_on: [t1]}]}
"""


@pytest.fixture
def shop(bakery):
    pytest.importorskip("sympy", reason="needs glasswork[calculate]")
    (bakery / "answers.yaml").write_text(ANSWERS)
    return bakery


def log_of(folder):
    return read(find_run(folder / "logs", "latest"))


def test_the_answer_alone_goes_to_stdout(shop, glasswork):
    said = glasswork("ask", "What is 15% of 840?", "--tools", "calculate,language")
    assert (said.status, said.out) == (0, "It is 126. [t1]\n")
    assert "glasswork log show" in said.err
    assert "ask#1/t1/calculate: calculate gave 126" in said.err
    assert verify(find_run(shop / "logs", "latest")).ok


def test_as_json(shop, glasswork):
    said = glasswork("ask", "What is 15% of 840?", "--tools", "calculate", "--json")
    assert said.err == ""
    data = said.data
    assert (data["state"], data["answer"]) == ("done", "It is 126. [t1]")
    assert data["claims"] == [{"says": "It is 126.", "rests_on": ["t1"]}]
    assert data["results"] == [{"task": "t1", "tool": "calculate", "state": "done", "value": "126", "reason": ""}]
    assert data["plan"][0]["arguments"] == {"expression": "15% of 840"}


def test_it_is_a_run_like_any_other(shop, glasswork):
    glasswork("ask", "What is 15% of 840?", "--tools", "calculate", "-q")
    shown = glasswork("log", "show", "latest")
    assert shown.status == 0
    assert "t1  calculate gave 126" in shown.out
    assert "15% of 840" in shown.out
    why = glasswork("log", "why", "latest", "ask#1.1")
    assert why.status == 0
    assert '"tool": "calculate"' in why.out
    assert glasswork("replay", "latest").status == 0
    for command in ("export --format otel", "export --format openinference"):
        assert glasswork("log", *command.split(), "latest").status in {0, 2}


def test_nothing_done_is_no_success(shop, glasswork):
    (shop / "answers.yaml").write_text(IN_VAIN)
    said = glasswork("ask", "What is 1/0?", "--tools", "calculate", "-q")
    assert said.status == 1
    assert said.out.startswith("t1 was not done (calculate(expression='1/0')): calculate: ")


def test_no_tool_fits(shop, glasswork):
    (shop / "answers.yaml").write_text('answers: [{place: "*/open", text: "La la la!"}]')
    said = glasswork("ask", "Sing!", "--tools", "calculate", "-q")
    assert (said.status, said.out) == (0, "None of the tools that are here fits this request, so nothing was done.\n")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--tools", "calculat"], "there is no tool 'calculat'; did you mean 'calculate'?"),
        (["--tools", "xylophone"], "there is no tool 'xylophone'; known: "),
        (["--file", "nowhere.png"], "--file nowhere.png: there is no such file"),
        (["--file", "answer.yaml"], "--file answer.yaml: there is no such file; did you mean 'answers.yaml'?"),
        (["--file", "agents"], "--file agents: this is a folder"),
        (["--file", "/dev/null"], "--file /dev/null: this is no regular file"),
        (["--model", "nobody"], "nobody"),
    ],
)
def test_mistakes_are_told_before_anything_runs(shop, glasswork, words, problem):
    said = glasswork("ask", "What?", *words)
    assert said.status == 2
    assert problem in said.err
    assert "Traceback" not in said.err
    assert not (shop / "logs").exists()


def test_a_file_that_cannot_be_read_or_is_too_large(shop, glasswork, monkeypatch):
    (shop / "photo.png").write_bytes(b"\x89PNG")
    monkeypatch.setattr("glasswork.tools.media.MAX_BYTES", 3)
    assert "photo.png: a file may have 0 MiB at most" in glasswork("ask", "What?", "--file", "photo.png").err

    opened = Path.open

    def refused(path, *args, **more):
        if path.name == "photo.png":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **more)

    monkeypatch.setattr(Path, "open", refused)
    said = glasswork("ask", "What?", "--file", "photo.png")
    assert (said.status, (shop / "logs").exists()) == (2, False)
    assert "--file photo.png: cannot be read: permission denied" in said.err


def test_a_file_comes_with_it_and_stays_with_the_run(shop, glasswork, tmp_path):
    pytest.importorskip("duckdb", reason="needs glasswork[tables]")
    (shop / "answers.yaml").write_text(FILE)
    table = tmp_path / "sales.csv"
    table.write_text("town,sold\nCork,3\nGalway,5\n")
    said = glasswork("ask", "How many rows?", "--file", str(table), "--tools", "table_facts", "-q")
    assert (said.status, said.out) == (0, "It has two rows. [t1]\n")
    log = log_of(shop)
    taken = next(event for event in log.events if event.type == "tool.answered" and event.tool == "file")
    assert taken.value["name"] == "sales.csv"
    kept = find_run(shop / "logs", "latest") / "media" / f"{taken.value['blob']}.csv"
    assert kept.read_text() == table.read_text()
    assert str(table) not in json.dumps(
        [event.model_dump(mode="json") for event in log.events if event.type.startswith("decision")]
    )
    table.unlink()
    assert glasswork("replay", "latest").status == 0


def test_a_workflow_names_files_of_its_project_only(shop, glasswork, tmp_path):
    (tmp_path / "secret.txt").write_text("sesame")
    steps = 'version: 1\nname: spy\nsteps: {look: {dispatch: {request: Read it., files: ["../secret.txt"], tools: [calculate]}}}\n'
    (shop / "workflows" / "spy.yaml").write_text(steps)
    said = glasswork("run", "spy")
    assert said.status == 1
    assert "a workflow names files of its own project only" in said.out
