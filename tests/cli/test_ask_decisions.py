"""What a dispatcher decided: tested, forked, blamed, queried, as any other decision; and agents that it calls."""

import importlib.util

import pytest

from glasswork.log.reader import read
from glasswork.log.runs import find_run

ASK = """
version: 1
name: ask
inputs: {request: {type: string, required: true}, files: {type: list}, tools: {type: list}}
steps:
  ask: {dispatch: {request: "{{ inputs.request }}", files: "{{ inputs.files }}", only: inputs.tools, planner: stepwise}}
"""
ANSWERS = """
answers:
  - {place: "ask#1.1/choose/*", label: "calculate"}
  - {place: "ask#1.1/act", json: {expression: "15% of 840"}}
  - {place: "ask#1.2/choose/*", label: "nothing"}
  - place: "ask#1.4/act"
    json: {answer: [{says: It is 126., rests_on: [t1]}]}
"""


@pytest.fixture
def shop(bakery):
    pytest.importorskip("sympy", reason="needs glasswork[calculate]")
    (bakery / "answers.yaml").write_text(ANSWERS)
    (bakery / "workflows" / "ask.yaml").write_text(ASK)
    return bakery


def log_of(folder):
    return read(find_run(folder / "logs", "latest"))


CHECK = """
answers:
  - {place: "ask#1.1/check/*", contains: "[s1] tool", label: calculate}
  - {place: "*/check/*", label: "none"}
"""


def test_its_choices_are_put_to_the_test(shop, glasswork):
    (shop / "check.yaml").write_text(CHECK)
    glasswork("ask", "What is 15% of 840?", "--tools", "calculate,language", "-q")
    said = glasswork("check", "ask#1.1", "--model", "scripted:check.yaml", "--json")
    assert said.status == 0
    (checked,) = said.data["checked"]
    effects = {one["segment"]: one["causal"] for one in checked["checks"]["influence"]["effects"]}
    assert effects == {"s1": True, "s2": False, "s3": False}, "the tool's description drove it; so the script says"
    why = glasswork("log", "why", "latest", "ask#1.1")
    assert "causal but uncited" in why.out
    assert "leave-one-out" in why.out
    assert glasswork("replay", "latest").status == 0


def test_its_acts_are_written_by_a_person_in_a_fork(shop, glasswork):
    glasswork("ask", "What is 15% of 840?", "--tools", "calculate,language", "-q")
    run = find_run(shop / "logs", "latest").name
    (shop / "act.yaml").write_text("expression: 1 + 1\n")
    said = glasswork("fork", run, "--at", "ask#1.1", "--edit", "act.yaml", "-q")
    assert said.status == 0
    events = log_of(shop).events
    called = [one for one in events if one.type == "tool.answered" and one.tool == "calculate"]
    assert [one.value for one in called] == ["2"]
    assert [one.edited for one in events if one.type == "decision.acted"][:2] == [True, False]
    assert "written by a person" in glasswork("log", "show").out
    assert glasswork("replay", "latest").status == 0


@pytest.mark.parametrize(
    ("decision", "act", "says"),
    [
        ("ask#1.1", "expresion: 1 + 1", "'expresion' is not allowed"),
        ("ask#1.1", "- a", "expected object, got array"),
        ("ask#1.2", "a: 1", "ask#1.2: its act is no answer to a question of its own"),
        ("ask#1.3", "a: 1", "ask#1.3: its act is no answer to a question of its own"),
    ],
)
def test_what_is_no_act_forks_nothing(shop, glasswork, decision, act, says):
    glasswork("ask", "What is 15% of 840?", "--tools", "calculate,language", "-q")
    run = find_run(shop / "logs", "latest").name
    (shop / "act.yaml").write_text(act)
    said = glasswork("fork", run, "--at", decision, "--edit", "act.yaml")
    assert said.status == 2
    assert says in said.err
    assert len(list((shop / "logs").glob("*-ask-*"))) == 1


BLAME = """
answers:
  - {place: "ask#1.1/choose/*", label: calculate}
  - {place: "ask#1.1/act", json: {expression: 1 + 1}, times: 1}
  - {place: "ask#1.1/act", json: {expression: 15% of 840}}
  - {place: "ask#1.2/choose/*", label: "nothing"}
  - {place: "ask#1.4/act", contains: "126", json: {answer: [{says: It is 126., rests_on: [t1]}]}}
  - {place: "ask#1.4/act", json: {answer: [{says: It is another., rests_on: [t1]}]}}
"""


def test_the_stage_at_fault_is_found(shop, glasswork):
    """Arguments of a task are an act: others are asked for, and the tools are called again in each trial."""
    (shop / "workflows" / "sum.yaml").write_text(SUM)
    (shop / "answers.yaml").write_text(BLAME.replace("ask#", "sum#"))
    glasswork("run", "sum", "-q")
    said = glasswork("blame", "latest", "--success", "text=It is 126. [t1]", "--json")
    assert said.status == 0
    charges = {(one["suspect"]["decision"], one["suspect"]["stage"]): one for one in said.data["charges"]}
    guilty = charges["sum#1.1", "act"]
    assert (guilty["flips"], guilty["placebo_flips"]) == (1, 0)
    assert guilty["suspect"]["replacements"] == ['{"expression": "15% of 840"}']
    assert [one["flips"] for place, one in charges.items() if place != ("sum#1.1", "act")] == [0, 0]


SUM = """
version: 1
name: sum
steps: {sum: {dispatch: {request: "What is 15% of 840?", tools: [calculate, language], planner: stepwise}}}
outputs: {text: steps.sum.text}
"""


def test_a_tool_that_is_an_agent(shop, glasswork):
    (shop / "tools").mkdir()
    (shop / "tools" / "taste.yaml").write_text(
        "description: Says whether a loaf may be served.\ninputs: {recipe: text}\noutput: json\nagent: taster\n"
    )
    (shop / "answers.yaml").write_text(AGENT)
    said = glasswork("ask", "Is it good?", "--tools", "taste", "-q")
    assert (said.status, said.out) == (0, "It is good. [t1]\n")
    why = glasswork("log", "why", "latest", "ask#1.t1_taste#1")
    assert "agent taster" in why.out
    assert "it says what was wished for" in why.out
    assert "ask#1.t1_taste  taster" in glasswork("log", "show").out
    assert glasswork("replay", "latest").status == 0
    run = find_run(shop / "logs", "latest").name
    said = glasswork("fork", run, "--at", "ask#1.t1_taste", "--choose", "send it back", "-q")
    assert said.status == 0
    (shop / "act.yaml").write_text("good: false\nremark: burnt\n")
    run = find_run(shop / "logs", "latest").name
    assert glasswork("fork", run, "--at", "ask#1.t1_taste", "--edit", "act.yaml", "-q").status == 0
    planned = next(
        one for one in log_of(shop).events if one.type == "decision.planned" and one.decision == "ask#1.t1_taste#1"
    )
    assert (planned.choice, planned.forced) == ("B", True), "the choice of the first fork stands in the second"
    called = next(one for one in log_of(shop).events if one.type == "tool.answered" and one.tool == "taste")
    assert called.value == {"good": False, "remark": "burnt"}


AGENT = """
answers:
  - {place: "ask#1.t1_taste#1/choose/*", label: serve it}
  - {place: "ask#1.t1_taste#1/act", json: {good: true, remark: nice}}
  - place: "*/explain"
    json: {because: [{segment: s2, why: it says what was wished for}], confidence_percent: 80, would_change_if: "No."}
  - {place: "ask#1.1/choose/*", label: taste}
  - {place: "ask#1.1/act", json: {recipe: bake it}}
  - {place: "ask#1.2/choose/*", label: nothing}
  - {place: "ask#1.4/act", json: {answer: [{says: It is good., rests_on: [t1]}]}}
"""


def test_who_chose_which_tool_can_be_queried(shop, glasswork):
    pytest.importorskip("duckdb", reason="needs glasswork[query]")
    glasswork("ask", "What is 15% of 840?", "--tools", "calculate", "-q")
    (row,) = glasswork("log", "query", "FROM tool_calls", "--format", "json").data
    assert (row["decision"], row["task"], row["tool"], row["attempt"], row["error"]) == (
        *("ask#1.3", "t1", "calculate", 1, None),
    )
    assert row["seconds"] > 0


def test_a_tool_that_is_not_installed_says_how_to_install_it(shop, glasswork, monkeypatch):
    """By name it is refused at once; else what would need it says so, and the others are used."""
    known = importlib.util.find_spec
    monkeypatch.setattr("glasswork.tools.builtin.find_spec", lambda name: None if name == "sympy" else known(name))
    said = glasswork("ask", "What is 15% of 840?", "--tools", "calculate")
    assert (said.status, (shop / "logs").exists()) == (2, False)
    assert "--tools: calculate cannot be called here: sympy is not installed" in said.err
    assert "pip install 'glasswork[calculate]'" in said.err
    said = glasswork("ask", "What is 15% of 840?", "-q")
    assert said.status == 1
    assert "no tool model that fits can be called here: calculate: sympy is not installed" in said.out
    assert "pip install 'glasswork[calculate]'" in said.out
