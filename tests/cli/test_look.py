"""The commands that only look: validate, list, plan, graph, init, schema."""

from __future__ import annotations

import json

import pytest

from glasswork.cli import say
from glasswork.library import json_schema, read_yaml


def test_validate_all(bakery, glasswork):
    said = glasswork("validate")
    assert said.status == 0
    assert "bakery_approved" in said.out
    assert "models.yaml" in said.out


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        ("bakery", ["workflow"]),
        ("baker", ["agent", "role"]),
        ("workflows/bakery.yaml", ["workflow"]),
        ("agents/baker.yaml", ["agent"]),
        ("roles/baker.md", ["role"]),
        ("models.yaml", ["models"]),
    ],
)
def test_validate_by_name_and_by_file(bakery, glasswork, what, kinds):
    said = glasswork("validate", what, "--json")
    assert said.status == 0
    assert [one["kind"] for one in said.data["valid"]] == kinds


def test_validate_checks_models_too(bakery, glasswork):
    (bakery / "models.yaml").write_text("version: 1\nmodels: {here: {kind: embeded, weights: x}}\n", encoding="utf-8")
    assert "models.yaml:2:" in glasswork("validate").err


def test_validate_a_file_elsewhere_uses_its_own_project(bakery, glasswork, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert glasswork("validate", "bakery/workflows/bakery.yaml").status == 0
    assert glasswork("validate", "bakery/agents/baker.yaml").status == 0


def test_list_says_which_file_wins(bakery, glasswork):
    (bakery / "agents" / "engineer.yaml").write_text("role: baker\ndescription: ours\n", encoding="utf-8")
    agents = [row for row in glasswork("list", "agents", "--json").data["agents"] if row["name"] == "engineer"]
    assert [(row["origin"], row["shadowed"]) for row in agents] == [("project", False), ("shipped", True)]
    assert "shipped, shadowed" in glasswork("list", "agents").out


def test_list_shows_what_is_broken(bakery, glasswork):
    (bakery / "workflows" / "broken.yaml").write_text("version: 2\n", encoding="utf-8")
    said = glasswork("list", "workflows")
    assert said.status == 0
    assert "cannot be used" in said.out


def test_plan(bakery, glasswork):
    data = glasswork("plan", "bakery", "--json").data
    assert [(step["layer"], step["step"]) for step in data["steps"]] == [(1, "bake"), (2, "taste")]
    assert data["smooth"] == {"calls": 9, "written": 3012}
    assert data["most"]["calls"] > 9
    assert data["budget"] == {"tokens": 20000, "calls": 40}
    said = glasswork("plan", "bakery")
    assert "baker on default" in said.out
    assert "20,000 tokens and 40 calls" in said.out


DEAR = """\
version: 1
default: dear
models:
  dear: {kind: openai, base_url: 'http://x/v1', model: y, context: 1000, price: {prompt: 1, completion: 2}}
"""
FAIR = """\
version: 1
name: fair
inputs: {wishes: {type: list, required: true}}
steps:
  each: {workflow: bakery, for_each: inputs.wishes, parallel: 2, with: {wish: "{{ item }}"}, budget: {seconds: 90, calls: 50}}
  best: {agent: taster, needs: each, task: "{{ steps.each.recipe }}", on_error: continue}
  sell: {human: "Sell?", needs: [each, best], join: any, on_error: skip}
outputs: {recipe: steps.each.recipe}
"""


@pytest.fixture
def fair(bakery):
    (bakery / "models.yaml").write_text(DEAR, encoding="utf-8")
    (bakery / "workflows" / "fair.yaml").write_text(FAIR, encoding="utf-8")


def test_plan_of_lists_and_workflows(fair, glasswork):
    data = glasswork("plan", "fair", "--json").data
    each, best, _ = data["steps"]
    assert [step["step"] for step in each["workflow"]["steps"]] == ["bake", "taste"]
    assert (each["for_each"], each["parallel"]) == ("inputs.wishes", 2)
    assert each["budget"] == {"calls": 50, "seconds": 90.0}
    assert (data["smooth"], data["most"]) == (best["smooth"], best["most"])
    (items,) = data["items"]
    assert items["of"] == [{"step": "each", "list": "inputs.wishes", "most": None}]
    assert items["smooth"] == each["smooth"]


def test_plan_in_money(fair, glasswork):
    """Every call reads a full context at most; a list of unknown length is left out, and that is said."""
    data = glasswork("plan", "fair", "--json").data
    assert data["money"]["most"] == pytest.approx((data["most"]["calls"] * 1000 + data["most"]["written"] * 2) / 1e6)
    assert (data["money"]["with_reading"], data["money"]["every_list"]) == (True, False)
    assert "besides lists whose length nobody knows yet" in glasswork("plan", "fair").out


def test_plan_in_words(fair, glasswork):
    lines = glasswork("plan", "fair").out.splitlines()
    told = {line.split()[1]: line for line in lines if line.strip()[:1].isdigit()}
    assert "workflow bakery" in told["each"]
    assert "once for each item of inputs.wishes, 2 at once; at most 50 calls and 90 s" in told["each"]
    assert "at most 20,000 tokens and 40 calls each time" in told["each"]
    assert told["bake"].startswith("    1.  ")
    assert "the rest goes on if it fails" in told["best"]
    assert "after any of each, best; counts as skipped if it fails" in told["sell"]
    assert any("and for each item of inputs.wishes " in line for line in lines)
    assert "--budget tokens=60000" in lines[-1]


def test_graph(bakery, glasswork):
    assert "taste  agent  taster  after bake" in glasswork("graph", "bakery").out
    nested = glasswork("graph", "review_board").out
    assert "for each of steps.points.items" in nested
    assert "  1.    judge" in nested
    mermaid = glasswork("graph", "bakery", "--format", "mermaid").out
    assert mermaid.startswith("flowchart TD")
    assert "step_bake --> step_taste" in mermaid


def test_init_makes_a_project_that_validates(glasswork, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    assert glasswork("init", str(tmp_path / "mine")).status == 0
    monkeypatch.chdir(tmp_path / "mine")
    rows = glasswork("list", "workflows", "--json").data["workflows"]
    assert ("software_team", "project") in {(row["name"], row["origin"]) for row in rows}
    assert glasswork("validate").status == 0
    assert glasswork("graph", "software_team").status == 0
    for path in ("workflows/workflow.schema.json", "agents/agent.schema.json"):
        assert json.loads((tmp_path / "mine" / path).read_text(encoding="utf-8"))["$schema"]


def test_inits_commented_models_are_right(glasswork, tmp_path, monkeypatch):
    """What the starter's models.yaml shows in comments is what a user gets by taking the comment signs away."""
    glasswork("init", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path / "mine")
    lines = (tmp_path / "mine" / "models.yaml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# models:")
    (tmp_path / "mine" / "models.yaml").write_text(
        "version: 1\n" + "\n".join(line.removeprefix("# ") for line in lines[begin:]) + "\n", encoding="utf-8"
    )
    assert glasswork("validate", "models.yaml").status == 0


def test_inits_commented_settings_are_the_defaults(glasswork, tmp_path):
    from glasswork.settings import load_settings

    glasswork("init", str(tmp_path / "mine"))
    path = tmp_path / "mine" / "glasswork.toml"
    bare = load_settings(tmp_path / "mine", {})
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if " = " in line or line.startswith("# [")]
    path.write_text("\n".join(line.removeprefix("# ") for line in lines), encoding="utf-8")
    filled = load_settings(tmp_path / "mine", {})
    assert filled.sandbox == bare.sandbox
    assert filled.run.logs == bare.run.logs


@pytest.mark.parametrize("there", ["a file", "a full folder"])
def test_init_leaves_what_is_there_alone(glasswork, tmp_path, there):
    target = tmp_path / "mine"
    if there == "a file":
        target.write_text("precious", encoding="utf-8")
    else:
        target.mkdir()
        (target / "precious").touch()
    said = glasswork("init", str(target))
    assert said.status == 2
    assert "is not an empty folder" in said.err
    assert len(list(tmp_path.rglob("*"))) == (1 if there == "a file" else 2)


def test_schema(glasswork, tmp_path):
    assert glasswork("schema", "agent").data == json_schema("agent")
    assert set(glasswork("schema").data) == {"role", "agent", "workflow", "models", "tool", "case", "trace"}
    said = glasswork("schema", "--out", str(tmp_path))
    assert len(said.out.splitlines()) == 7
    assert glasswork("schema", "case").data["required"] == ["segments", "options", "choice"]
    assert glasswork("schema", "trace").data["required"] == ["steps"]
    assert json.loads((tmp_path / "role.schema.json").read_text(encoding="utf-8")) == json_schema("role")


def test_shipped_files_say_where_their_schema_is(glasswork, tmp_path):
    """The first line of the starter's files names a schema that init leaves there."""
    glasswork("init", str(tmp_path / "mine"))
    for path in [*(tmp_path / "mine" / "agents").glob("*.yaml"), *(tmp_path / "mine" / "workflows").glob("*.yaml")]:
        text = path.read_text(encoding="utf-8")
        assert read_yaml(text, path.name).data
        first = text.splitlines()[0]
        assert (path.parent / first.split("$schema=")[1]).exists()


def test_no_colour_without_a_terminal(monkeypatch):
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert say.paint("red", "red", Terminal()) == "\x1b[31mred\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert say.paint("red", "red", Terminal()) == "red"
    monkeypatch.delenv("NO_COLOR")
    assert say.paint("red", "red") == "red"


def test_columns_escape_what_they_are_given(capsys):
    say.columns([("a\x1b[2J", "b"), ("long", "c")])
    assert capsys.readouterr().out == "a     b\nlong  c\n"
