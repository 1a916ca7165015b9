"""Steps that run once for each item of a list: what they may say, and what they hand on."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.errors import DefinitionError
from glasswork.library import Library, Recorded
from glasswork.workflow.compile import CompiledWorkflow, compile_workflow
from glasswork.workflow.conditions import BOOLEAN, LIST, NUMBER, STRING, FieldKind
from glasswork.workflow.fields import STATE, item_file

FILES = {
    "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou are a person.\n",
    "agents/lister.yaml": "role: person\nact: {produces: list}\n",
    "agents/writer.yaml": "role: person\nplan: {choose_from: [yes, no]}\n",
    "agents/coder.yaml": "role: person\nact: {produces: code, tools: [python]}\n",
    "agents/judge.yaml": "role: person\nact: {produces: fields, fields: {risk: {enum: [low, high]}, points: {type: list}}}\n",
    "agents/counter.yaml": "role: person\nact: {produces: fields, fields: {count: {type: number}}}\n",
}
LIST_STEP = "split: {agent: lister, task: x}\n"


def compiled(steps: str) -> CompiledWorkflow:
    lines = "".join(f"  {line}\n" for line in steps.strip().splitlines())
    text = f"version: 1\nname: w\ninputs: {{files: {{type: list}}, idea: {{}}}}\nsteps:\n{lines}"
    library = Library((Recorded(texts=FILES | {"workflows/w.yaml": text}),))
    return compile_workflow(library.workflow("w"), library)


def said_of(steps: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        compiled(steps)
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in caught.value.problems]


def test_a_step_over_the_list_of_another():
    step = compiled(
        LIST_STEP
        + 'each: {agent: writer, needs: split, for_each: steps.split.items, task: "{{ item }} is {{ index }}"}'
    ).steps["each"]
    assert step.each == ("steps", "split", "items")
    assert step.definition.parallel == 4
    assert [reference.path for reference in step.task.references] == [("item",), ("index",)]


def test_a_step_over_an_input():
    assert compiled("each: {agent: writer, for_each: inputs.files, task: x, parallel: 1}").steps["each"].each == (
        "inputs",
        "files",
    )


def test_every_field_becomes_a_list():
    fields = compiled("each: {agent: judge, for_each: inputs.files, task: x}").steps["each"].fields
    assert fields["text"] == FieldKind("list", of=STRING)
    assert fields["risk"].of == FieldKind("string", ("low", "high"))
    assert fields["points"].of == LIST
    assert (fields["count"], fields["failed"], fields["state"]) == (NUMBER, NUMBER, STATE)


def test_later_steps_read_lists():
    steps = "each: {agent: coder, sandbox: jail, for_each: inputs.files, task: x, on_error: continue}\n"
    later = """\
again: {agent: judge, needs: each, for_each: steps.each.code, task: "{{ item }}"}
team: {team: {agents: [writer, judge]}, needs: again, for_each: steps.again.points, task: "{{ item }}"}
ask: {human: "{{ steps.each.failed }} of {{ steps.team.count }}", needs: team, when: "steps.each.failed > 0 and 'low' in steps.again.risk and false in steps.each.passed"}
"""
    workflow = compiled(steps + later)
    assert workflow.steps["each"].fields["passed"].of == BOOLEAN
    assert workflow.steps["team"].fields["messages"].of == LIST


CASES = {
    "no such list": (
        LIST_STEP + "each: {agent: writer, needs: split, for_each: steps.split.itens, task: x}",
        "6:49: step 'split' has no field 'itens'; did you mean 'items'?",
    ),
    "not a list": (
        LIST_STEP + "each: {agent: writer, needs: split, for_each: steps.split.text, task: x}",
        "6:49: for_each takes a list, but steps.split.text is text; did you mean 'steps.split.items'?",
    ),
    "a whole step": (
        LIST_STEP + "each: {agent: writer, needs: split, for_each: steps.split, task: x}",
        "6:49: 'steps.split' leads nowhere: write inputs.NAME or steps.STEP.FIELD; step 'split' has choice, items, state, text",
    ),
    "not needed": (
        LIST_STEP + "each: {agent: writer, for_each: steps.split.items, task: x}",
        "6:35: step 'each' uses steps.split but does not need it; add needs: split",
    ),
    "no such input": (
        "each: {agent: writer, for_each: inputs.fils, task: x}",
        "5:35: there is no input 'fils'; did you mean 'files'?",
    ),
    "an input of text": (
        "each: {agent: writer, for_each: inputs.idea, task: x}",
        "5:35: for_each takes a list, but inputs.idea is text; did you mean 'inputs.files'?",
    ),
    "an item elsewhere": (
        "a: {agent: writer, task: '{{ item }}'}",
        "5:29: 'item' may be used in the templates of a step with for_each only",
    ),
    "an item that has fields": (
        "a: {agent: writer, for_each: inputs.files, task: '{{ item.name }}'}",
        "5:53: 'item' has no fields; write {{ item }}",
    ),
    "an item in a condition": (
        "a: {agent: writer, for_each: inputs.files, task: x, when: index > 2}",
        "5:61: a condition is read once, before there are items: 'index' may stand in templates only",
    ),
    "the round before in a condition": (
        "a: {agent: writer, task: x, when: previous.a.text == 'x'}",
        "5:37: 'previous' may stand in templates only: a condition reads what steps have made last",
    ),
    "parallel without items": (
        "a: {agent: writer, task: x, parallel: 2}",
        "5:41: 'parallel' is for steps with for_each: this one runs once",
    ),
    "a loop over items": (
        "a: {agent: writer, task: x}\nf: {loop: {steps: [a], until: 'true', max: 1}, for_each: inputs.files}",
        "6:50: unknown key 'for_each'; known: budget, join, loop, needs, on_error, retry, timeout, when",
    ),
    "a field that would be taken": (
        "a: {agent: counter, for_each: inputs.files, task: x}",
        "5:14: its agent has a field 'count', which a step with for_each has itself; call it otherwise",
    ),
    "a field that is not taken": ("a: {agent: counter, task: x}", ""),
    "a number among texts": (
        "a: {agent: writer, for_each: inputs.files, task: x}\nb: {human: x, needs: a, when: 3 in steps.a.text}",
        "6:33: this looks for a number in a list whose items are texts",
    ),
    "a choice there is not": (
        "a: {agent: writer, for_each: inputs.files, task: x}\nb: {human: x, needs: a, when: \"'yess' in steps.a.choice\"}",
        "6:34: 'yess' is none of the values this can have; did you mean 'yes'?",
    ),
    "a list where there was one": (
        "a: {agent: writer, for_each: inputs.files, task: x}\nb: {human: x, needs: a, when: steps.a.choice == 'yes'}",
        "6:33: this compares a list with text",
    ),
    "in a loop, with the round before": (
        "a: {agent: writer, for_each: inputs.files, task: '{{ item }}', on_repeat: '{{ item }} {{ index }} {{ previous.a.text }}'}\nf: {loop: {steps: [a], until: steps.a.failed == 0, max: 1}}",
        "",
    ),
    "two steps with one file": (
        "a: {agent: coder, for_each: inputs.files, task: x, save: a.py}\nb: {agent: writer, task: x, save: a_12.py}",
        "6:37: step 'a' makes a file 'a_12.py' already",
    ),
    "the other way round": (
        "b: {agent: writer, task: x, save: a_1.py}\na: {agent: coder, for_each: inputs.files, task: x, save: a.py}",
        "6:60: step 'b' makes a file 'a_1.py' already",
    ),
    "two lists of files": (
        "a: {agent: coder, for_each: inputs.files, task: x}\nb: {agent: coder, for_each: inputs.files, task: x, save: a.py}",
        "6:60: step 'a' makes a file 'a_1.py' already",
    ),
    "one file and a list of files": (
        "a: {agent: coder, for_each: inputs.files, task: x}\nb: {agent: coder, task: x, save: a.py}",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_thing_at_a_time(name):
    steps, said = CASES[name]
    if said:
        assert said_of(steps) == [said]
    else:
        assert compiled(steps)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}[a-z0-9]", fullmatch=True),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
)
def test_files_of_items_differ_and_keep_their_suffix(name, one, other):
    assert (item_file(name, one) == item_file(name, other)) is (one == other)
    assert PurePosixPath(item_file(name, one)).suffix == PurePosixPath(name).suffix
    assert item_file(name, 0) == name


def test_programs_of_items_can_be_imported():
    assert item_file("solution.py", 3) == "solution_3.py"
    assert item_file("notes", 12) == "notes_12"
