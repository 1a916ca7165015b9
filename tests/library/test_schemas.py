"""The published JSON Schemas take what the loader takes, and refuse what it refuses."""

from typing import Any, get_args

import jsonschema
import pytest

from glasswork.definitions import AgentDef, ModelsDef, RoleDef, ToolDef, WorkflowDef
from glasswork.errors import DefinitionError, NotFound
from glasswork.library import Kind, json_schema, read_front_matter, read_yaml, shipped, validate

MODELS: dict[str, Any] = {
    "role": RoleDef,
    "agent": AgentDef,
    "workflow": WorkflowDef,
    "tool": ToolDef,
    "models": ModelsDef,
}
STEP = "version: 1\nname: x\nsteps:\n  a: "

VALID = [
    (
        "tool",
        "{description: x, builtin: b, timeout: 2m, latency: 300ms, inputs: {a: text, b: {type: image, required: false}}}",
    ),
    (
        "tool",
        "{description: x, output: json, http: {url: 'http://a', headers: {K: v, L: {secret: X}}, body: {a: [1, '{{ b }}']}}}",
    ),
    ("tool", "{description: x, program: {file: tools/a.py, network: {allow: ['a:1']}}, where: sandbox}"),
    ("tool", "{description: x, mcp: {server: a, tool: b-c}}"),
    ("workflow", STEP + "{agent: b, task: c, needs: a}"),
    ("workflow", STEP + "{agent: b, task: c, needs: [a, b], timeout: 90s, sandbox: docker, retry: {on: [timeout]}}"),
    ("workflow", STEP + "{agent: b, task: c, timeout: 1.5, sandbox: {backend: jail, timeout: 500ms}, save: x.py}"),
    ("workflow", STEP + "{team: {kind: selector, agents: [a, b]}, task: c, when: x == 1, join: all_done}"),
    ("workflow", STEP + "{loop: {steps: [a], until: x, max: 3}}"),
    ("workflow", STEP + "{human: 'ok?'}\noutputs: {x: steps.a.note}\ninputs: {n: {type: integer, default: 3}}"),
    (
        "workflow",
        STEP + "{workflow: other, with: {x: 3, y: [a], z: '{{ item }}'}, for_each: steps.b.items, parallel: 64}",
    ),
    (
        "workflow",
        STEP + "{workflow: parts/other.yaml, on_error: continue, budget: {seconds: 5m, money: 0.5, calls: 3}}",
    ),
    ("workflow", STEP + "{agent: b, task: c, for_each: inputs.x, on_error: skip, sandbox: {idempotent: false}}"),
    ("workflow", STEP + "{human: 'ok?'}\nbudget: {tokens: 5, seconds: 1.5}"),
    ("models", "version: 1\nmodels: {a: {kind: embedded, weights: x, price: {prompt: 0, completion: 1.5}}}"),
    ("agent", "role: a\nplan: {strategy: chain, choose_from: [x, y]}\nexplain: {for: child, language: de}"),
    ("agent", "role: a\nact: {produces: fields, fields: {x: {enum: [a, b]}}, tools: [python]}"),
    ("models", "version: 1\nmodels: {a: {kind: openai, base_url: 'http://x', model: y}, b: {kind: random}}"),
    ("models", "version: 1\ndefault: a\nmodels: {a: {kind: vllm, model: y, start_timeout: 10m}}"),
    ("role", "name: a\ntitle: A\ninputs: x"),
    ("agent", "role: a\nexplain: {for: child, check: cited_and_causal, at_least: 1, on_fail: retry}"),
    ("workflow", STEP + "{agent: b, task: c, explain: {check: none}}"),
    (
        "workflow",
        STEP
        + "{team: {agents: [a, b]}, task: c, explain: {check: cited_and_causal}}\ndefaults: {explain: {check: none}}",
    ),
]

INVALID = [
    ("workflow", STEP + "{agent: b, tsk: c}"),
    ("workflow", STEP + "{agent: b, task: c, timeout: 3 min}"),
    ("workflow", STEP + "{agent: b, task: c, timeout: -1}"),
    ("workflow", STEP + "{agent: b, task: c, sandbox: dokcer}"),
    ("workflow", STEP + "{agent: b, human: c, task: d}"),
    ("workflow", STEP + "{agent: b, task: c, needs: 3}"),
    ("workflow", STEP + "{agent: B, task: c}"),
    ("workflow", STEP + "{loop: {steps: [], until: x, max: 3}}"),
    ("workflow", STEP + "{agent: b, task: c, save: ../x}"),
    ("workflow", STEP + "{workflow: other, human: x}"),
    ("workflow", STEP + "{workflow: other, with: [a]}"),
    ("workflow", STEP + "{agent: b, task: c, for_each: [a, b]}"),
    ("workflow", STEP + "{agent: b, task: c, for_each: split.items}"),
    ("workflow", STEP + "{agent: b, task: c, for_each: inputs.x, parallel: 0}"),
    ("workflow", STEP + "{human: 'ok?', for_each: inputs.x}"),
    ("workflow", STEP + "{agent: b, task: c, on_error: ignore}"),
    ("workflow", STEP + "{agent: b, task: c, budget: {money: 0}}"),
    ("workflow", STEP + "{agent: b, task: c, budget: {seconds: 2 weeks}}"),
    ("workflow", STEP + "{agent: b, task: c, budget: 500}"),
    ("workflow", STEP + "{agent: b, task: c, explain: {check: causal}}"),
    ("workflow", STEP + "{agent: b, task: c, explain: {check: cited_and_causal, at_least: 2}}"),
    ("workflow", STEP + "{agent: b, task: c, explain: {for: child}}"),
    ("workflow", STEP + "{human: c, explain: {check: none}}"),
    ("agent", "role: a\nexplain: {check: cited_and_causal, on_fail: skip}"),
    ("models", "version: 1\nmodels: {a: {kind: random, price: {prompt: 1}}}"),
    ("models", "version: 1\nmodels: {a: {kind: embedded, weights: x, price: {prompt: -1}}}"),
    ("workflow", "version: 2\nname: x\nsteps: {a: {human: 'ok?'}}"),
    ("workflow", "version: 1\nname: x\nsteps: {}"),
    ("agent", "role: a\nplan: {strateg: chain}"),
    ("agent", "role: a\nexplain: {language: english}"),
    ("agent", "role: a\nplan: {options: 9}"),
    ("models", "version: 1\nmodels: {a: {kind: opnai}}"),
    ("models", "version: 1\nmodels: {a: {kind: random, sed: 1}}"),
    ("tool", "builtin: x"),
    ("tool", "{description: x, builtin: a.b}"),
    ("tool", "{description: x, builtin: b, inputs: {a: picture}}"),
    ("tool", "{description: x, program: {file: a.py}}"),
    ("tool", "{description: x, http: {url: 'http://a', headers: {K: {secret: 3}}}}"),
    ("role", "name: a"),
]


def prosed(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return data | {"prose": "You."} if kind == "role" else data


@pytest.mark.parametrize("kind", get_args(Kind))
def test_schemas_are_schemas(kind):
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:glasswork:schema:{kind}:1"
    assert schema["title"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_schema_and_loader_take_the_same(kind, text):
    tree = read_yaml(text, "x")
    jsonschema.Draft202012Validator(json_schema(kind)).validate(tree.data)
    MODELS[kind].model_validate(prosed(kind, tree.data))


@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_schema_and_loader_refuse_the_same(kind, text):
    tree = read_yaml(text, "x")
    assert not jsonschema.Draft202012Validator(json_schema(kind)).is_valid(tree.data)
    with pytest.raises(DefinitionError):
        validate(MODELS[kind], type(tree)(tree.file, prosed(kind, tree.data), tree.spots))


FILES = [
    (kind, path)
    for kind, pattern in (
        ("role", "roles/*.md"),
        ("agent", "agents/*.yaml"),
        ("workflow", "workflows/**/*.yaml"),
        ("tool", "tools/*.yaml"),
    )
    for path in sorted(shipped().glob(pattern))
    if path.name != "README.md" and "suites" not in path.parts
]


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda value: getattr(value, "name", value))
def test_schemas_take_every_shipped_file(kind, path):
    text = path.read_text(encoding="utf-8")
    data = (read_front_matter if kind == "role" else read_yaml)(text, str(path)).data
    data.pop("prose", None)
    jsonschema.Draft202012Validator(json_schema(kind)).validate(data)


def test_there_is_no_schema_of_anything_else():
    with pytest.raises(NotFound, match="did you mean 'workflow'"):
        json_schema("worklfow")  # type: ignore[arg-type]
