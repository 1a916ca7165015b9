"""A workflow holds together, or everything that is wrong with it is told at once."""

from pathlib import Path

import pytest

from glasswork.errors import DefinitionError, UserError
from glasswork.library import Library, shipped
from glasswork.workflow.compile import CompiledWorkflow, compile_workflow, resolve_inputs
from glasswork.workflow.conditions import BOOLEAN, LIST, NUMBER, STRING

AGENTS = {
    "analyst": "role: person\nact: {produces: list}\n",
    "engineer": "role: person\nact: {produces: code}\n",
    "tester": "role: person\nact: {produces: code, tools: [python]}\n",
    "lawyer": """\
role: person
plan: {choose_from: [allow, forbid]}
act: {produces: fields, fields: {risk: {enum: [low, high]}, level: {type: integer}, sure: {type: boolean}, points: {type: list}}}
""",
}

GOOD = """\
version: 1
name: good
inputs: {idea: {type: string, required: true}, level: {type: integer, default: 2}}
steps:
  ship:
    human: Ship {{ steps.build.code }}? Risk {{ steps.legal.risk }}, {{ steps.fix.rounds }} rounds.
    needs: [fix, legal]
    join: all_done
    when: steps.legal.risk != 'high' and inputs.level > 1
  analyse: {agent: analyst, task: "{{ inputs.idea }}"}
  build:
    agent: engineer
    needs: analyse
    task: |
      Build.
      {{ steps.analyse.items }}
    on_repeat: "{{ previous.test.report }} {{ previous.build.code }} {{ steps.analyse.items }}"
  test: {agent: tester, needs: build, task: "{{ steps.build.code }}", sandbox: default, save: test.py}
  fix: {loop: {steps: [build, test], until: steps.test.passed, max: 3}}
  legal: {agent: lawyer, needs: analyse, task: "Is this legal?"}
  talk: {team: {agents: [analyst, lawyer]}, needs: ship, task: "{{ steps.ship.note }}"}
outputs: {program: steps.build.code, said: steps.talk.text}
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "config"))
    for folder in ("agents", "roles", "workflows"):
        (tmp_path / folder).mkdir()
    (tmp_path / "roles/person.md").write_text("---\nname: person\ntitle: Person\n---\nYou are a person.\n")
    for name, text in AGENTS.items():
        (tmp_path / f"agents/{name}.yaml").write_text(text)
    return tmp_path


def compiled(project: Path, text: str, name: str = "good") -> CompiledWorkflow:
    (project / f"workflows/{name}.yaml").write_text(text)
    library = Library.discover()
    return compile_workflow(library.workflow(name), library)


def complaints(project: Path, text: str, name: str = "good") -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        compiled(project, text, name)
    return [str(problem).removeprefix(f"workflows/{name}.yaml:") for problem in caught.value.problems]


def steps(body: str) -> str:
    lines = "".join(f"  {line}\n" for line in body.strip("\n").splitlines())
    return f"version: 1\nname: good\ninputs: {{idea: {{}}}}\nsteps:\n{lines}"


# --- what holds together ---------------------------------------------------------------------------------------------


def test_steps_stand_in_order_with_needs_and_loops(project):
    workflow = compiled(project, GOOD)
    assert list(workflow.steps) == ["analyse", "build", "test", "fix", "legal", "ship", "talk"]
    assert workflow.steps["fix"].needs == ("build", "test")
    assert workflow.steps["ship"].needs == ("fix", "legal")
    assert {step.id: step.loop for step in workflow.steps.values() if step.loop} == {"build": "fix", "test": "fix"}
    assert [step.kind for step in workflow.steps.values()] == [
        "agent",
        "agent",
        "agent",
        "loop",
        "agent",
        "human",
        "team",
    ]


def test_texts_are_parsed_and_agents_found(project):
    workflow = compiled(project, GOOD)
    build, ship = workflow.steps["build"], workflow.steps["ship"]
    assert [r.name for r in build.task.references] == ["steps.analyse.items"]
    assert build.on_repeat.references[0].path == ("previous", "test", "report")
    assert (ship.question.references[0].name, ship.task) == ("steps.build.code", None)
    assert ship.when.references == ("steps.legal.risk", "inputs.level")
    assert workflow.steps["fix"].until.text == "steps.test.passed"
    assert [agent.name for agent in workflow.steps["talk"].agents] == ["analyst", "lawyer"]
    assert build.agents[0].role.title == "Person"


def test_fields_are_those_of_the_kind_and_the_agent(project):
    offered = {step.id: step.fields for step in compiled(project, GOOD).steps.values()}
    assert all(fields["state"].values == ("done", "failed", "skipped") for fields in offered.values())
    assert offered["analyse"]["items"] == LIST
    assert set(offered["build"]) == {"state", "text", "choice", "code", "file"}
    assert offered["test"]["passed"] == BOOLEAN
    assert offered["test"]["failures"] == LIST
    assert offered["legal"]["risk"].values == ("low", "high")
    assert offered["legal"]["choice"].values == ("allow", "forbid")
    assert (offered["legal"]["level"], offered["legal"]["sure"], offered["legal"]["points"]) == (NUMBER, BOOLEAN, LIST)
    assert set(offered["fix"]) == {"state", "rounds", "done"}
    assert set(offered["ship"]) == {"state", "approved", "note"}
    assert offered["talk"] | {"text": STRING, "turns": NUMBER, "messages": LIST} == offered["talk"]


def test_every_file_that_was_used_is_known_by_its_digest(project):
    workflow = compiled(project, GOOD)
    names = {"workflows/good.yaml", "roles/person.md", *(f"agents/{name}.yaml" for name in AGENTS)}
    assert set(workflow.digests) == names
    for name, digest in workflow.digests.items():
        assert workflow.sources[digest] == (project / name).read_text()


def test_a_workflow_by_path_uses_the_agents_beside_it(project, tmp_path_factory, monkeypatch):
    (project / "workflows/good.yaml").write_text(GOOD)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    library = Library.discover()
    workflow = compile_workflow(library.workflow(project / "workflows/good.yaml"), library)
    assert workflow.steps["legal"].agents[0].definition.act.produces == "fields"
    assert workflow.key == "workflows/good.yaml"


@pytest.mark.parametrize("name", Library.discover(shipped()).names("workflow"))
def test_every_shipped_workflow_compiles(name):
    library = Library.discover(shipped())
    assert compile_workflow(library.workflow(name), library).steps


# --- what does not ---------------------------------------------------------------------------------------------------

BROKEN = """\
version: 1
name: broken
inputs:
  idea: {required: true}
  n: {type: integer, default: three}
  m: {type: number}
steps:
  analyse: {agent: analist, needs: lega, task: "{{ inputs.ide }} {{ steps.build.code }}"}
  build:
    agent: engineer
    needs: analyse
    task: |
      Do it.

        {{ steps.legal.risk }}
      Then {{ idea }} and {{ steps.analyse.items }}
      {{ unclosed
    on_repeat: "{{ previous.legal.risk }} {{ previous.test.raport }}"
    sandbox: default
    save: a.py
  test: {agent: tester, needs: build, task: "x", when: "steps.build.cod == 'x' and steps.build.state == 'dnoe'", save: a.py, sandbox: jail}
  legal: {agent: lawyer, task: "{{ previous.legal.risk }}", on_repeat: x, needs: [test]}
  fix: {loop: {steps: [build, test, tset, ship], until: steps.test.report, max: 3}}
  again: {loop: {steps: [test, fix], until: "steps.legal.sure", max: 1}}
  ship: {human: "{{ steps.nobody.text }}", needs: end}
  end: {human: "ok", needs: ship, when: inputs.idea > 3}
outputs: {program: steps.biuld.code, x: inputs.y, z: steps.build}
"""


def test_a_badly_broken_workflow_shows_every_problem_of_every_file_at_once(project):
    (project / "agents/engineer.yaml").write_text(
        "role: person\nplan: {options: 3, strategy: chian}\nact: {produces: code}\n"
    )
    (project / "agents/lawyer.yaml").write_text(
        "role: person\nact:\n  produces: fields\n  fields: {passed: {}, risk: {}, sure: {type: boolean}}\n"
    )
    (project / "agents/tester.yaml").write_text("rol: person\n")
    with pytest.raises(DefinitionError) as caught:
        compiled(project, BROKEN, "broken")
    golden = Path(__file__).with_name("broken_workflow.txt").read_text(encoding="utf-8")
    assert str(caught.value) + "\n" == golden


# a workflow's body, and what is said of it; an empty answer means that it holds together
CASES = {
    "self-need": ("a: {human: x, needs: a}", "5:24: these steps wait for each other: a → a"),
    "need in a cycle": (
        "a: {human: x, needs: c}\nb: {human: x, needs: a}\nc: {human: x, needs: b}",
        "these steps wait for each other: a → c → b → a",
    ),
    "loop member needs its loop": (
        "a: {agent: analyst, task: x, needs: f}\nf: {loop: {steps: [a], until: steps.f.done, max: 1}}",
        "these steps wait for each other: a → f → a",
    ),
    "a step between members": (
        "a: {agent: analyst, task: x}\nm: {human: x, needs: a}\nb: {agent: analyst, task: x, needs: m}\nf: {loop: {steps: [a, b], until: 'true', max: 1}}",
        "the loop 'f' may repeat 'a', so 'm' must wait for the loop: needs: f",
    ),
    "field of a step not needed": (
        "a: {agent: analyst, task: x}\nb: {human: '{{ steps.a.items }}'}",
        "6:15: step 'b' uses steps.a but does not need it; add needs: a",
    ),
    "field through others": (
        "a: {agent: analyst, task: x}\nb: {human: x, needs: a}\nc: {human: '{{ steps.a.items }}', needs: b}",
        "",
    ),
    "own field": ("a: {human: '{{ steps.a.note }}'}", "step 'a' refers to itself; in a loop, on_repeat may refer to previous.a"),
    "field of another kind": (
        "a: {agent: analyst, task: x}\nb: {human: '{{ steps.a.code }}', needs: a}",
        "step 'a' has no field 'code'; did you mean 'choice'?",
    ),
    "sandbox fields without a sandbox": (
        "a: {agent: tester, task: x}\nb: {human: '{{ steps.a.passed }}', needs: a}",
        "step 'a' has no field 'passed'",
    ),
    "previous in a task": (
        "a: {agent: analyst, task: '{{ previous.a.items }}'}\nf: {loop: {steps: [a], until: \"'x' in steps.a.items\", max: 1}}",
        "'previous' may be used in on_repeat only",
    ),
    "until of a far step": (
        "z: {human: x}\na: {agent: analyst, task: x, needs: z}\nf: {loop: {steps: [a], until: steps.z.approved, max: 1}}",
        "",
    ),
    "until of a step not needed": (
        "z: {human: x}\na: {agent: analyst, task: x}\nf: {loop: {steps: [a], until: steps.z.approved, max: 1}}",
        "7:33: step 'f' uses steps.z but does not need it",
    ),
    "until that is text": (
        "a: {agent: analyst, task: x}\nf: {loop: {steps: [a], until: steps.a.text, max: 1}}",
        "6:33: a condition is true or false, but this is text",
    ),
    "when of the wrong kind": ("a: {human: x, when: inputs.idea}", "a condition is true or false, but this is text"),
    "when over lines": (
        "a:\n  human: x\n  when: |\n    inputs.idea == 'x'\n    and inputs.ida == 'y'",
        "9:11: there is no inputs.ida; did you mean 'inputs.idea'?",
    ),
    "loop twice in one list": (
        "a: {agent: analyst, task: x}\nf: {loop: {steps: [a, a], until: \"'x' in steps.a.items\", max: 1}}",
        "'a' stands here twice",
    ),
    "sandbox for prose": (
        "a: {agent: analyst, task: x, sandbox: jail}",
        "5:41: the agent 'analyst' writes no program to run: its act produces list",
    ),
    "unknown member of a team": (
        "a: {team: {agents: [analyst, lawer]}, task: x}",
        "5:32: no agent named 'lawer'; did you mean 'lawyer'?",
    ),
    "the same agent twice in a team": (
        "a: {team: {agents: [analyst, analyst]}, task: x}",
        "5:32: 'analyst' is in this team already",
    ),
    "one file of two steps": (
        "a: {agent: engineer, task: x}\nb: {agent: analyst, task: x, save: a.py}",
        "6:38: step 'a' makes a file 'a.py' already",
    ),
    "a person and a workflow in a loop": (
        "a: {agent: analyst, task: x}\nb: {human: ok, needs: a}\nf: {loop: {steps: [a, b], until: steps.b.approved, max: 1}}",
        "",
    ),
    "a loop in a loop": (
        "a: {agent: analyst, task: x}\nf: {loop: {steps: [a], until: 'true', max: 1}}\ng: {loop: {steps: [f], until: 'true', max: 1}}",
        "7:22: a loop cannot repeat a loop, and 'f' is one",
    ),
    "a budget of a loop": (
        "a: {agent: analyst, task: x}\nf: {loop: {steps: [a], until: 'true', max: 1}, budget: {calls: 3}}",
        "6:58: a loop spends nothing itself: give the steps that it repeats a budget",
    ),
    "a budget of a question": ("a: {human: x, budget: {seconds: 3}}", "5:25: a person's answer costs nothing"),
    "a loop that any of its steps would begin": (
        "a: {agent: analyst, task: x}\nf: {loop: {steps: [a], until: 'true', max: 1}, join: any}",
        "6:56: a loop begins when all that it repeats has ended once",
    ),
    "any of one": ("a: {human: x}\nb: {human: x, needs: a, join: any}", ""),
    "unused inputs": ("a: {human: x}", ""),
    "all of a step": ("a: {human: x}\nb: {human: '{{ steps.a }}', needs: a}", "leads nowhere"),
    "too deep": ("a: {human: x}\nb: {human: '{{ steps.a.note.text }}', needs: a}", "leads nowhere"),
    "bare name": ("a: {human: '{{ idea }}'}", "'idea' leads nowhere: write inputs.NAME or steps.STEP.FIELD"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_thing_at_a_time(project, name):
    body, said = CASES[name]
    if said:
        found = complaints(project, steps(body))
        assert any(said in one for one in found), found
    else:
        assert compiled(project, steps(body))


def test_missing_roles_and_strategies(project):
    (project / "agents/lost.yaml").write_text("role: persn\nplan: {strategy: forest}\n")
    body = steps("a: {agent: lost, task: x}\nb: {human: '{{ steps.a.text }}', needs: a}")
    assert complaints(project, body) == [
        "agents/lost.yaml:1:7: no role named 'persn'; did you mean 'person'?",
        "agents/lost.yaml:2:18: no reasoning strategy named 'forest'; known: best_of, chain, debate, direct, graph, predict, self_consistency, tree, two_stage",
    ]


def test_what_is_wrong_with_an_agent_is_told_once_and_where(project):
    (project / "agents/lost.yaml").write_text("role: person\nplan:\n  choose_from: [stay, go, Stay]\n")
    (project / "agents/seer.yaml").write_text("role: person\nplan:\n  strategy: predict\n")
    body = steps(
        "a: {agent: lost, task: x}\nb: {agent: lost, task: x}\nc: {agent: seer, task: x}\nd: {agent: seer, task: x}"
    )
    first, second = complaints(project, body)
    assert first.startswith("agents/lost.yaml:3:16: the option 'Stay' is the same as 'stay'"), first
    assert second.startswith("agents/seer.yaml:3:13: 'predict' needs to know what there is to do"), second


def test_strategies_can_be_others(project):
    (project / "agents/analyst.yaml").write_text("role: person\nplan: {strategy: forest}\n")
    (project / "workflows/good.yaml").write_text(steps("a: {agent: analyst, task: x}"))
    library = Library.discover()
    assert compile_workflow(library.workflow("good"), library, strategies={"forest"})


# --- inputs ----------------------------------------------------------------------------------------------------------

INPUTS = """version: 1
name: good
inputs:
  idea: {required: true, description: what to make}
  count: {type: integer, default: 3}
  share: {type: number, default: 0.5}
  fast: {type: boolean}
  parts: {type: list, default: [a, b]}
  more: {type: list}
  note: {}
steps: {a: {human: x}}
"""


def test_inputs_have_defaults_or_are_empty(project):
    values = resolve_inputs(compiled(project, INPUTS), {"idea": "clock"})
    assert values == {
        "idea": "clock",
        "count": 3,
        "share": 0.5,
        "fast": False,
        "parts": ["a", "b"],
        "more": [],
        "note": "",
    }
    assert list(values) == ["idea", "count", "share", "fast", "parts", "more", "note"]


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("count", "7", 7), ("count", " -7 ", -7), ("count", 7, 7), ("share", "7", 7), ("share", "1e-3", 0.001), ("share", 2, 2),
        ("fast", "true", True), ("fast", "No", False), ("fast", True, True), ("parts", "x, y,,z", ["x", "y", "z"]),
        ("parts", '["x, y"]', ["x, y"]), ("parts", ("x",), ["x"]), ("parts", "", []), ("note", "", ""), ("note", " 3 ", " 3 "),
    ],
)  # fmt: skip
def test_text_is_read_as_the_type_of_the_input(project, name, given, value):
    found = resolve_inputs(compiled(project, INPUTS), {"idea": "x", name: given})[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "the input 'idea' is missing: what to make"),
        ({"idea": "x", "cuont": 3}, "there is no input 'cuont'; did you mean 'count'?"),
        ({"idea": "x", "count": "3.5"}, "the input 'count': expected a whole number, found '3.5'"),
        ({"idea": "x", "count": "9" * 5000}, "expected a whole number"),
        ({"idea": "x", "count": True}, "expected a whole number, found True"),
        ({"idea": "x", "share": "nan"}, "expected a number, found 'nan'"),
        ({"idea": "x", "share": "1e999"}, "expected a number"),
        ({"idea": "x", "fast": "perhaps"}, "expected true or false, found 'perhaps'"),
        ({"idea": "x", "parts": "[1, 2]"}, "expected a list of texts"),
        ({"idea": "x", "parts": "[" * 100_000}, "expected a list of texts"),
        ({"idea": 3}, "expected text, found 3"),
        ({"idea": None}, "expected text, found None"),
    ],
)
def test_wrong_inputs_are_refused(project, given, said):
    with pytest.raises(UserError) as caught:
        resolve_inputs(compiled(project, INPUTS), given)
    assert said in caught.value.message


def test_every_wrong_input_is_told_at_once(project):
    with pytest.raises(UserError) as caught:
        resolve_inputs(compiled(project, INPUTS), {"x": 1, "count": "a", "fast": "b"})
    assert len(caught.value.message.splitlines()) == 4
