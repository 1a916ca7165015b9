"""``glasswork tool`` and ``glasswork list tools``."""

from __future__ import annotations

import json

import pytest

SHOUTING = (
    "description: Says it loud.\ninputs: {text: text, times: {type: number, required: false}}\nbuiltin: calculate\n"
)


@pytest.fixture
def toolmaker(bakery):
    (bakery / "tools").mkdir()
    return bakery / "tools"


def test_a_tool_is_called(bakery, glasswork):
    pytest.importorskip("sympy", reason="needs glasswork[calculate]")
    said = glasswork("tool", "calculate", "--arg", "expression=2x = 4")
    assert (said.status, said.out) == (0, "x = 2\n")
    said = glasswork("tool", "calculate", "--arg", "expression=1/3", "--arg", "exact=yes", "--json")
    assert said.data == {"tool": "calculate", "output": "1/3", "path": None}


def test_the_output_goes_to_a_file(bakery, glasswork):
    pytest.importorskip("sympy", reason="needs glasswork[calculate]")
    said = glasswork("tool", "calculate", "--arg", "expression=1+1", "--out", "sum.txt")
    assert said.out == ""
    assert (bakery / "sum.txt").read_text() == "2\n"
    said = glasswork("tool", "calculate", "--arg", "expression=1+1", "--out", "nowhere/sum.txt")
    assert said.status == 2
    assert "cannot be written" in said.err


def test_every_mistake_is_told(bakery, glasswork):
    said = glasswork("tool", "calculate", "--arg", "expresion=1", "--arg", "exact=perhaps")
    assert said.status == 2
    assert "there is no input 'expresion'; did you mean 'expression'?" in said.err
    assert "'exact' must be yes or no, and is 'perhaps'" in said.err
    assert "it takes: --arg expression=…" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["calculte"], "did you mean 'calculate'"),
        (["calculate", "--arg", "expression"], "expected NAME=VALUE"),
        (["file_type", "--file", "file=nowhere.png"], "nowhere.png: cannot be read"),
        (["file_type"], "'file' is missing; it is a file: any file"),
    ],
)
def test_what_is_mistyped_is_told(bakery, glasswork, words, part):
    said = glasswork("tool", *words)
    assert said.status == 2
    assert part in said.err


def test_numbers_and_json_are_read(bakery, glasswork, toolmaker):
    (toolmaker / "odd.yaml").write_text(
        "description: x\ninputs: {number: number, data: json, yes: boolean, file: file}\nbuiltin: calculate\n"
    )
    said = glasswork("tool", "odd", "--arg", "number=three", "--arg", "data={", "--arg", "yes=maybe")
    assert [line.split("'")[1] for line in said.err.splitlines() if "'" in line][:3] == ["number", "data", "yes"]
    assert "--file file=PATH" in said.err


def test_the_model_can_be_chosen(bakery, glasswork):
    said = glasswork("tool", "ask_model", "--arg", "task=say something", "--model", "random:3")
    assert said.status == 0
    assert said.out == glasswork("tool", "ask_model", "--arg", "task=say something", "--model", "random:3").out
    assert glasswork("tool", "ask_model", "--arg", "task=x", "--model", "random:4").out != said.out


def test_tools_are_listed(bakery, glasswork, toolmaker):
    (toolmaker / "shout.yaml").write_text(SHOUTING)
    (toolmaker / "broken.yaml").write_text("description: x\n")
    said = glasswork("list", "tools")
    assert said.status == 0
    lines = {line.split()[0]: line for line in said.out.splitlines()[1:]}
    assert "text, number? -> text" in lines["shout"]
    assert "a tool has exactly one of the keys" in lines["broken"]
    rows = {row["name"]: row for row in glasswork("list", "tools", "--json").data["tools"]}
    assert rows["broken"]["broken"]
    assert rows["shout"]["origin"] == "project"
    assert rows["calculate"]["origin"] == "shipped"
    assert rows["calculate"]["extra"] == "calculate"


def test_what_is_missing_is_listed_with_its_remedy(bakery, glasswork, monkeypatch):
    monkeypatch.setattr("glasswork.tools.builtin.find_spec", lambda _: None)
    said = glasswork("list", "tools")
    assert "pip install 'glasswork[calculate]'" in said.out
    said = glasswork("tool", "calculate", "--arg", "expression=1")
    assert said.status == 2
    assert "install it with: pip install 'glasswork[calculate]'" in said.err


def test_tools_are_validated(bakery, glasswork, toolmaker):
    (toolmaker / "shout.yaml").write_text(SHOUTING)
    assert "tool" in glasswork("validate", "shout").out
    assert "valid" in glasswork("validate", "tools/shout.yaml").out
    (toolmaker / "shout.yaml").write_text(SHOUTING.replace("calculate", "calculte"))
    said = glasswork("validate")
    assert said.status == 2
    assert "tools/shout.yaml:3:10: no builtin tool named 'calculte'" in said.err


def test_the_schema_of_tools_is_printed(bakery, glasswork):
    assert json.loads(glasswork("schema", "tool").out)["title"] == "A Glasswork tool model"
