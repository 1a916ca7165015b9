"""Workflows that run as steps of others: how they are found, what is handed on, what comes back."""

from pathlib import Path

import pytest

from glasswork.errors import DefinitionError, UserError
from glasswork.library import Library, Recorded
from glasswork.workflow.compile import CompiledWorkflow, compile_workflow
from glasswork.workflow.compiled import all_steps
from glasswork.workflow.conditions import LIST, NUMBER, STRING, FieldKind
from glasswork.workflow.fields import STATE
from glasswork.workflow.inputs import given_inputs

FILES = {
    "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou are a person.\n",
    "agents/lister.yaml": "role: person\nact: {produces: list}\n",
    "agents/judge.yaml": "role: person\nact: {produces: fields, fields: {risk: {enum: [low, high]}, level: {type: number}}}\n",
    "workflows/check.yaml": """\
version: 1
name: check
inputs:
  text: {required: true, description: what to check}
  level: {type: integer, default: 2}
  strict: {type: boolean}
  parts: {type: list}
  note: {}
defaults: {timeout: 30s}
steps:
  read: {agent: lister, task: "{{ inputs.text }} {{ inputs.note }}"}
  rate: {agent: judge, needs: read, task: "{{ steps.read.items }}"}
outputs: {points: steps.read.items, risk: steps.rate.risk, level: steps.rate.level, text: inputs.text}
""",
}


def library(**workflows: str) -> Library:
    more = {f"workflows/{name.replace('__', '/')}.yaml": text for name, text in workflows.items()}
    return Library((Recorded(texts=FILES | more),))


def outer(steps: str, name: str = "outer", **keys: str) -> str:
    lines = "".join(f"  {line}\n" for line in steps.strip().splitlines())
    head = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"version: 1\nname: {name}\ninputs: {{idea: {{}}, files: {{type: list}}, n: {{type: number, default: 1}}}}\n{head}steps:\n{lines}"


def compiled(steps: str, **workflows: str) -> CompiledWorkflow:
    found = library(**{"outer": outer(steps)} | workflows)
    return compile_workflow(found.workflow("outer"), found)


def said_of(steps: str, **workflows: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        compiled(steps, **workflows)
    return [str(problem).replace("workflows/outer.yaml (recorded):", "") for problem in caught.value.problems]


CHECK = "check: {workflow: check, with: {text: '{{ inputs.idea }}'}}\n"


def test_a_workflow_by_name_hands_back_its_outputs():
    step = compiled(CHECK).steps["check"]
    assert step.kind == "workflow"
    assert list(step.workflow.steps) == ["read", "rate"]
    assert step.fields == {
        "points": LIST,
        "risk": FieldKind("string", ("low", "high")),
        "level": NUMBER,
        "text": STRING,
        "state": STATE,
    }


def test_for_each_item_its_outputs_are_lists():
    step = compiled("check: {workflow: check, for_each: inputs.files, with: {text: '{{ item }}'}}").steps["check"]
    assert step.fields["points"].of == LIST
    assert step.fields["count"] == NUMBER


def test_later_steps_use_what_it_hands_back():
    assert compiled(CHECK + "ask: {human: '{{ steps.check.points }}', needs: check, when: steps.check.risk == 'high'}")
    (said,) = said_of(CHECK + "ask: {human: '{{ steps.check.itmes }}', needs: check}")
    assert said == "6:17: step 'check' has no field 'itmes'; known: level, points, risk, state, text"


def test_all_files_join_the_run():
    workflow = compiled(CHECK)
    assert list(workflow.digests) == [
        "workflows/outer.yaml",
        "workflows/check.yaml",
        "agents/lister.yaml",
        "roles/person.md",
        "agents/judge.yaml",
    ]
    assert workflow.key == "workflows/outer.yaml"
    assert {key: workflow.sources[digest] for key, digest in workflow.digests.items()}.items() >= FILES.items()


def test_every_step_has_a_name():
    names = [name for name, _, _ in all_steps(compiled(CHECK + "ask: {human: ok, needs: check}"))]
    assert names == ["check", "check.read", "check.rate", "ask"]


def test_defaults_are_handed_down_where_a_workflow_says_nothing():
    steps = outer(
        "check: {workflow: check, retry: {max: 0}, with: {text: x}}",
        defaults="{model: big, timeout: 9s, retry: {max: 5}}",
    )
    found = library(outer=steps)
    workflow = compile_workflow(found.workflow("outer"), found)
    defaults = workflow.steps["check"].workflow.definition.defaults
    assert (defaults.model, defaults.timeout, defaults.retry.max) == ("big", 30.0, 0)
    assert workflow.definition.defaults.retry.max == 5


# --- what is handed on ----------------------------------------------------------------------------------------------

HANDED = {
    "an unknown input": ("{text: x, txt: y}", "5:49: check has no input 'txt'; did you mean 'text'?"),
    "a missing input": ("{note: x}", "5:34: check needs the input 'text': what to check"),
    "a literal of the wrong type": ("{text: x, level: many}", "5:51: the input 'level': expected a whole number, found 'many'"),
    "a number in quotes": ("{text: x, level: '3'}", "5:51: the input 'level': expected a whole number, found '3'"),
    "a number for a text": ("{text: 3}", "5:41: the input 'text': expected text, found 3"),
    "nothing": ("{text: }", "5:40: the input 'text': expected text, found None"),
    "keys and values": (
        "{text: x, parts: {a: b}}",
        "5:51: the input 'parts': expected a list of texts, found {'a': 'b'}",
    ),
    "a list for a text": ("{text: [x]}", "5:41: the input 'text': expected text, found ['x']"),
    "references in a list": (
        "{text: x, parts: ['{{ inputs.idea }}']}",
        "5:51: references are not read within a list; hand on a list by one reference that stands alone",
    ),
    "a value of the wrong kind": (
        "{text: x, parts: '{{ inputs.idea }}'}",
        "5:52: the input 'parts': expected a list of texts, but inputs.idea is text",
    ),
    "a text for a number": (
        "{text: x, level: 'about {{ inputs.n }}'}",
        "5:51: the input 'level': expected a whole number, found text; a reference that stands alone hands on its value",
    ),
    "a broken reference": ("{text: '{{ inputs.ide }}'}", "5:42: there is no input 'ide'; did you mean 'idea'?"),
    "an item of nothing": (
        "{text: '{{ item }}'}",
        "5:42: 'item' may be used in the templates of a step with for_each only",
    ),
    "the round before of no loop": (
        "{text: x, note: '{{ previous.check.text }}'}",
        "5:51: no loop repeats 'check', so there is no round before",
    ),
    "values": ("{text: 'a {{ inputs.idea }}', level: 3, strict: true, parts: [a, b], note: '{{ inputs.n }}'}", ""),
    "references": ("{text: '{{ inputs.files }}', level: '{{ inputs.n }}', parts: \" {{ inputs.files }}\\n\"}", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDED)
def test_what_is_handed_on(name):
    given, said = HANDED[name]
    step = f"check: {{workflow: check, with: {given}}}"
    if said:
        assert said_of(step) == [said]
    else:
        assert compiled(step)


def test_a_list_of_other_things_than_texts_is_no_list_input():
    each = "each: {workflow: check, for_each: inputs.files, with: {text: '{{ item }}'}}\n"
    (said,) = said_of(each + "check: {workflow: check, needs: each, with: {text: x, parts: '{{ steps.each.level }}'}}")
    assert "expected a list of texts" in said
    assert compiled(each + "check: {workflow: check, needs: each, with: {text: x, parts: '{{ steps.each.risk }}'}}")


LOOP = "ask: {human: Good, needs: check}\nagain: {loop: {steps: [check, ask], until: steps.ask.approved, max: 2}}\n"


def test_in_a_loop_the_round_before_is_handed_on_alone():
    given = "check: {workflow: check, with: {text: x, note: '{{ previous.ask.note }}'}}\n"
    step = compiled(given + LOOP).steps["check"]
    values = {"inputs": {}, "steps": {}}
    assert given_inputs(step, values)["note"] == ""
    assert given_inputs(step, {**values, "previous": {"ask": {"note": "No."}}})["note"] == "No."
    (said,) = said_of("check: {workflow: check, with: {text: x, note: 'He said {{ previous.ask.note }}'}}\n" + LOOP)
    assert "'previous' may be used in on_repeat only" in said
    (said,) = said_of("check: {workflow: check, with: {text: '{{ previous.ask.note }}'}}\n" + LOOP)
    assert "the input 'text' is required, and in the first round there is no 'previous'" in said


def test_values_are_handed_on_as_they_are():
    step = compiled(
        "check: {workflow: check, with: {text: '{{ inputs.n }}', level: '{{ inputs.n }}', parts: '{{ inputs.files }}', note: 'About {{ inputs.idea }}.'}}"
    ).steps["check"]
    values = {"inputs": {"n": 3, "files": ["a", "b"], "idea": "bread"}}
    assert given_inputs(step, values) == {
        "text": "3",
        "level": 3,
        "strict": False,
        "parts": ["a", "b"],
        "note": "About bread.",
    }
    assert given_inputs(step, {"inputs": {**values["inputs"], "files": None}})["parts"] == []


def test_what_does_not_fit_when_it_runs_is_told():
    step = compiled("check: {workflow: check, with: {text: x, level: '{{ inputs.n }}'}}").steps["check"]
    with pytest.raises(UserError, match=r"the input 'level': expected a whole number, found 2\.5"):
        given_inputs(step, {"inputs": {"n": 2.5}})
    needed = compiled(CHECK).steps["check"]
    with pytest.raises(UserError, match="the input 'text' is missing: what to check"):
        given_inputs(needed, {"inputs": {"idea": None}})


# --- which file -----------------------------------------------------------------------------------------------------


def test_an_unknown_workflow_is_told_with_the_nearest():
    (said,) = said_of("check: {workflow: chekc}")
    assert said == "5:21: no workflow named 'chekc'; did you mean 'check'?"


@pytest.mark.parametrize(
    "path", ["../../check.yaml", "/workflows/check.yaml", "nothing.yaml", "..", "../roles/..yaml", "~/check.yaml"]
)
def test_a_path_stays_within_the_project(path):
    (said,) = said_of(f"check: {{workflow: {path}}}")
    assert said.startswith("5:21: no workflow")


def test_a_path_is_relative_to_the_file_that_names_it():
    inner = "steps: {a: {human: ok}}\n"
    workflow = compiled(
        "a: {workflow: parts/first.yaml}",
        parts__first="version: 1\nname: first\nsteps: {b: {workflow: ../parts/second.yaml}}\n",
        parts__second=f"version: 1\nname: second\n{inner}",
    )
    first = workflow.steps["a"].workflow
    assert first.steps["b"].workflow.name == "parts/second"
    assert list(workflow.digests) == [
        "workflows/outer.yaml",
        "workflows/parts/first.yaml",
        "workflows/parts/second.yaml",
    ]


def test_a_file_that_was_named_by_its_path_names_others_by_theirs(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/outer.yaml").write_text("version: 1\nname: outer\nsteps: {a: {workflow: inner.yaml}}\n")
    (tmp_path / "elsewhere/inner.yaml").write_text("version: 1\nname: inner\nsteps: {a: {human: ok}}\n")
    monkeypatch.chdir(tmp_path)
    found = Library.discover()
    workflow = compile_workflow(found.workflow(Path("elsewhere/outer.yaml")), found)
    assert list(workflow.digests) == ["outer.yaml", "inner.yaml"]
    (tmp_path / "elsewhere/inner.yaml").unlink()
    (tmp_path / "elsewhere/inner.yaml").symlink_to("/etc/hostname")
    with pytest.raises(DefinitionError, match="leads out of the folder"):
        compile_workflow(found.workflow(Path("elsewhere/outer.yaml")), found)


def test_two_files_of_one_name_are_told_apart_by_nobody(tmp_path, monkeypatch):
    """The user's ``one`` names the user's ``two`` by its path; the project has a ``two`` of its own."""
    for folder, text in (("project", "one"), ("user", "two")):
        (tmp_path / folder / "workflows").mkdir(parents=True)
        (tmp_path / folder / "workflows/two.yaml").write_text(
            f"version: 1\nname: two\ndescription: {text}\nsteps: {{a: {{human: ok}}}}\n"
        )
    (tmp_path / "user/workflows/one.yaml").write_text("version: 1\nname: one\nsteps: {a: {workflow: two.yaml}}\n")
    (tmp_path / "project/workflows/main.yaml").write_text(
        "version: 1\nname: main\nsteps: {a: {workflow: one}, b: {workflow: two}}\n"
    )
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path / "project")
    found = Library.discover()
    with pytest.raises(DefinitionError, match=r"two files are called workflows/two\.yaml here"):
        compile_workflow(found.workflow("main"), found)


def test_problems_of_an_inner_workflow_are_told_once_at_their_place():
    broken = "version: 1\nname: broken\nsteps: {a: {agent: nobody, task: x}, b: {human: '{{ steps.a.text }}', needs: a}}\noutputs: {x: steps.a.text}\n"
    steps = "one: {workflow: broken}\ntwo: {workflow: broken}\nask: {human: '{{ steps.one.x }}', needs: one}"
    (said,) = said_of(steps, broken=broken)
    assert said.startswith("workflows/broken.yaml (recorded):3:20: no agent named 'nobody'")


def test_a_broken_file_is_told_at_its_place():
    (said,) = said_of("one: {workflow: broken}", broken="version: 1\nname: broken\nsteps: {a: {human: ok, whn: x}}\n")
    assert said.startswith("workflows/broken.yaml (recorded):3:24: unknown key 'whn'")


def test_an_output_that_every_step_has():
    inner = "version: 1\nname: inner\nsteps: {a: {human: ok}}\noutputs: {state: steps.a.state, count: steps.a.note}\n"
    (said,) = said_of("a: {workflow: inner}", inner=inner)
    assert said == "5:17: the workflow 'inner' has an output 'state', which every step has itself; call it otherwise"
    assert len(said_of("a: {workflow: inner, for_each: inputs.files}", inner=inner)) == 2


# --- within each other ----------------------------------------------------------------------------------------------


def runs(*names: str) -> str:
    steps = ", ".join(f"s{number}: {{workflow: {name}}}" for number, name in enumerate(names))
    return f"steps: {{{steps}}}\n"


def test_workflows_that_run_each_other_are_told_with_the_way():
    (said,) = said_of("a: {workflow: outer}")
    assert said == "5:17: these workflows run each other without end: outer → outer (read → as 'runs')"
    (said,) = said_of(
        "a: {workflow: one}",
        one="version: 1\nname: one\n" + runs("two"),
        two="version: 1\nname: two\n" + runs("one"),
    )
    assert said == (
        "workflows/two.yaml (recorded):3:24: these workflows run each other without end: one → two → one (read → as 'runs')"
    )


def chain(length: int) -> dict[str, str]:
    found = {f"w{n}": f"version: 1\nname: w{n}\n" + runs(f"w{n + 1}") for n in range(1, length)}
    return found | {f"w{length}": f"version: 1\nname: w{length}\nsteps: {{a: {{human: ok}}}}\n"}


def test_workflows_nest_to_a_bound():
    assert compiled("a: {workflow: w1}", **chain(7))
    (said,) = said_of("a: {workflow: w1}", **chain(8))
    assert said.endswith("workflows nest deeper than 8 levels here: outer → w1 → w2 → w3 → w4 → w5 → w6 → w7 → w8")
    assert len(said_of("a: {workflow: w1}", **chain(400))) == 1


def test_a_workflow_that_was_compiled_already_counts_with_its_depth():
    (said,) = said_of(
        "a: {workflow: w1}\nb: {workflow: more}", more="version: 1\nname: more\n" + runs("w1"), **chain(7)
    )
    assert said.startswith("workflows/more.yaml (recorded):3:24: workflows nest deeper than 8 levels")


def test_a_workflow_used_often_is_compiled_once_and_counted_often():
    """Seven levels of ten steps each are ten million steps, told before anybody builds them."""
    wide = {f"w{n}": f"version: 1\nname: w{n}\n" + runs(*[f"w{n + 1}"] * 10) for n in range(1, 7)}
    wide["w7"] = "version: 1\nname: w7\nsteps: {a: {human: ok}}\n"
    (said,) = said_of("a: {workflow: w1}", **wide)
    assert (
        said == "workflows/w4.yaml (recorded):3:8: this workflow and those within it have 2110 steps; 2000 are the most"
    )
    assert compiled("a: {workflow: w1}\nb: {workflow: w1}", w1=wide["w1"], w2=wide["w7"].replace("w7", "w2"))
