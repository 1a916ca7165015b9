"""JSON Schemas of what users write, for editors: they take what the loader takes, and refuse what its models refuse."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from glasswork.definitions import AgentDef, ModelsDef, RoleDef, SandboxUse, ToolDef, WorkflowDef
from glasswork.errors import NotFound
from glasswork.library.found import Kind

_MODELS: dict[Kind, tuple[type[BaseModel], str]] = {
    "role": (RoleDef, "Front matter of a Glasswork role"),
    "agent": (AgentDef, "A Glasswork agent"),
    "workflow": (WorkflowDef, "A Glasswork workflow"),
    "tool": (ToolDef, "A Glasswork tool model"),
    "models": (ModelsDef, "The models of a Glasswork project"),
}


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of definition file.

    Raises:
        NotFound: there is no such kind.
    """
    if kind not in _MODELS:
        raise NotFound("schema", kind, get_args(Kind))
    model, title = _MODELS[kind]
    schema = model.model_json_schema(mode="validation", by_alias=True)
    if kind == "role":  # the prose stands below the front matter, not in it
        del schema["properties"]["prose"]
        schema["required"].remove("prose")
    head = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:glasswork:schema:{kind}:1", "title": title}
    return head | {key: _exact(value) for key, value in schema.items() if key != "title"}


def _exact(part: Any) -> Any:
    """Say in JSON Schema what the two shorthands take: a duration with its unit, a sandbox by its name."""
    if isinstance(part, list):
        return [_exact(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("anyOf") == [{"type": "number"}, {"type": "string"}]:
        number = {"type": "number", "exclusiveMinimum": part["gt"], "maximum": part["le"]}
        rest = {key: value for key, value in part.items() if key not in {"gt", "le"}}
        return rest | {"anyOf": [number, {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$"}]}
    if {"$ref": "#/$defs/SandboxUse"} in part.get("anyOf", ()):
        backends = SandboxUse.model_json_schema()["properties"]["backend"]["enum"]
        return part | {
            "anyOf": [{"$ref": "#/$defs/SandboxUse"}, {"type": "string", "enum": backends}, {"type": "null"}]
        }
    return {key: _exact(value) for key, value in part.items()}
