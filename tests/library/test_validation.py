"""Every problem at once, at its place, in words about the file."""

from typing import Any, get_args

import pytest

from glasswork.definitions import AgentDef, ModelsDef, RoleDef, WorkflowDef
from glasswork.errors import DefinitionError
from glasswork.library import Kind, json_schema, read_yaml, validate
from glasswork.library.wording import _FORMS, words

BROKEN = """\
version: 2
name: Broken Name
inputs: {idea: {type: strng, required: true}, both: {required: true, default: x}}
steps:
  analyse: {agent: analyst, tsk: "x"}
  Bad Name: {agent: a, task: b}
  build:
    agnet: engineer
    task: |
      hello
  team: {team: {agents: [a], turns: 0}, task: ""}
  two: {loop: {steps: [build], until: "x", max: 99}, human: "x"}
  loop: {loop: {steps: build, until: "x", max: "abc"}}
  text: text
  types: {agent: 3, task: [1], needs: [3, "B"], timeout: 3 min, sandbox: {backend: dokcer}, retry: {on: [tmeout]}}
outptus: {}
outputs: {x: build.code}
defaults: 3
budget: {tokens: 1.5}
"""

SAID = """\
1:10: expected 1, found the number 2
2:7: 'Broken Name' is not a name: lower-case letters, digits and underscores, a letter first, 64 at most
3:23: 'strng' is not known here; did you mean 'string'?
3:47: an input is either required or has a default, not both
5:3: 'task' is missing
5:29: unknown key 'tsk'; did you mean 'task'?
6:3: 'Bad Name' is not a name: lower-case letters, digits and underscores, a letter first, 64 at most
7:3: a step has exactly one of the keys 'agent', 'team', 'loop', 'human', 'workflow', 'game', 'werewolf', 'dispatch', 'retrieve', 'table' and 'report'; did you mean 'agent'?
11:25: entries here: 1; at least 2
11:37: 0 is too small: at least 1
11:47: this may not be empty
12:3: a step has exactly one of the keys 'agent', 'team', 'loop', 'human', 'workflow', 'game', 'werewolf', 'dispatch', 'retrieve', 'table' and 'report'; this one has 'loop' and 'human'
13:24: expected a list, found text 'build'
13:48: expected a whole number, found text 'abc'
14:3: expected keys and values, found text 'text'
15:18: expected text, found the number 3
15:27: expected text, found a list
15:40: expected text, found the number 3
15:43: 'B' is not a name: lower-case letters, digits and underscores, a letter first, 64 at most
15:58: expected a duration such as 500ms, 90s, 2m or 1h, found text '3 min'
15:84: 'dokcer' is not known here; did you mean 'docker'?
15:106: 'tmeout' is not known here; did you mean 'timeout'?
16:1: unknown key 'outptus'; did you mean 'outputs'?
17:14: 'build.code' is not a reference such as steps.build.code or inputs.idea
18:11: expected keys and values, found the number 3
19:18: expected a whole number, found the number 1.5
"""


def problems(model: Any, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        validate(model, read_yaml(text, "x.yaml"))
    return [f"{p.line}:{p.column}: {p.message}" for p in caught.value.problems]


def test_a_badly_broken_workflow_shows_every_problem_at_once():
    assert problems(WorkflowDef, BROKEN) == SAID.splitlines()


@pytest.mark.parametrize(
    ("model", "text", "said"),
    [
        (AgentDef, "rol: a\n", ["1:1: 'role' is missing", "1:1: unknown key 'rol'; did you mean 'role'?"]),
        (AgentDef, "role: a\nexplain: {reader: b}\n", []),
        (AgentDef, "role: a\nexplain: {fr: b}\n", ["2:11: unknown key 'fr'; did you mean 'for'?"]),
        (AgentDef, "role: a\nexplain:\n  language: english\n", ["3:13: 'english' is not a language code of two letters, such as en"]),
        (AgentDef, "role: a\nplan: {temperature: 5, options: true}\n",
         ["2:21: 5 is too large: at most 2", "2:33: expected a whole number, found true"]),
        (AgentDef, "role: a\nact: {produces: fields}\n", ["2:1: 'fields' must be given where produces is 'fields'"]),
        (AgentDef, "role: a\nact: {tools: [bash]}\n", ["2:15: 'bash' is not known here; expected python"]),
        (AgentDef, "role:\n", ["1:6: expected text, found nothing"]),
        (ModelsDef, "version: 1\nmodels:\n  big: {kind: openai, base_url: x, modl: y}\n",
         ["3:3: 'model' is missing", "3:33: 'x' is not an address that begins with http:// or https://",
          "3:36: unknown key 'modl'; did you mean 'model'?"]),
        (ModelsDef, "version: 1\nmodels:\n  big: {kind: opnai}\n", ["3:3: 'opnai' is not known here; did you mean 'openai'?"]),
        (ModelsDef, "version: 1\nmodels:\n  big: {model: x}\n", ["3:3: 'kind' is missing"]),
        (ModelsDef, "version: 1\nmodels: {default: {kind: random}}\n",
         ["2:1: 'default' is chosen by the key 'default' at the top; give the model another name"]),
    ],
)  # fmt: skip
def test_problems_in_words(model, text, said):
    if said:
        assert problems(model, text) == said
    else:
        validate(model, read_yaml(text, "x.yaml"))


def test_messages_are_short_whatever_was_written():
    long = "x" * 50_000
    text = f"role: {long}\n{long[:900]}: 1\nplan: {{strategy: {long}}}\nact: {{produces: {long}}}\nmodel: [{long}]\n"
    said = problems(AgentDef, text)
    assert len(said) == 5
    assert max(map(len, said)) < 250


def patterns(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["pattern"]} if isinstance(part.get("pattern"), str) else set()
        return own.union(*map(patterns, part.values())) if part else own
    return set().union(*map(patterns, part)) if isinstance(part, list) and part else set()


def test_every_pattern_of_the_definitions_has_words():
    used = set().union(*(patterns(json_schema(kind)) for kind in get_args(Kind)))
    durations = {pattern for pattern in used if "ms|s|m|h" in pattern}
    assert used - durations <= set(_FORMS)


def test_no_model_uses_a_kind_of_error_without_words():
    unknown = {"type": "some_new_error", "input": 3, "loc": ("a",), "msg": "Input should be pydantic"}
    assert words(unknown) == "this value does not fit: the number 3"


def test_a_role_is_validated_with_its_prose():
    role = validate(RoleDef, read_yaml("{name: a, title: A, inputs: x, prose: You.}", "x"))
    assert role.inputs == ("x",)
