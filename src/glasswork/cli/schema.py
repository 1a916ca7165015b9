"""``glasswork schema``: JSON schemas of the files a user writes, for editors and for programs that write them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from glasswork.cli import say


class Kind(StrEnum):
    """What has a schema."""

    ROLE = "role"
    AGENT = "agent"
    WORKFLOW = "workflow"
    TOOL = "tool"
    MODELS = "models"
    CASE = "case"
    TRACE = "trace"


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="Print this one only.", metavar="KIND")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write KIND.schema.json files to this folder.", show_default=False)
    ] = None,
) -> None:
    """Print JSON schemas for editors.

    Of roles (their front matter), agents, workflows, tools and models.yaml; and of the decisions (case) and runs
    (trace) of other programs that 'check --from' and 'blame --from' read.

    An editor with a YAML language server uses one when a file starts with
    "# yaml-language-server: $schema=workflow.schema.json".
    """
    schemas = {each.value: _schema_of(each) for each in ([kind] if kind else Kind)}
    if out is None:
        say.json_object(schemas[kind.value] if kind else schemas)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, found in schemas.items():
        path = out / f"{name}.schema.json"
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        say.out(str(path))


def _schema_of(kind: Kind) -> dict[str, Any]:
    from glasswork.explain.case import Case
    from glasswork.explain.traces import Trace
    from glasswork.library import json_schema

    match kind.value:
        case "case":
            return Case.model_json_schema()
        case "trace":
            return Trace.model_json_schema()
        case "role" | "agent" | "workflow" | "tool" | "models" as definition:
            return json_schema(definition)
