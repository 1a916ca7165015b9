"""``glasswork schema``: JSON schemas of the files a user writes, for editors that complete and check while typing."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say


class Kind(StrEnum):
    """What has a schema."""

    ROLE = "role"
    AGENT = "agent"
    WORKFLOW = "workflow"
    MODELS = "models"


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="Print this one only.", metavar="KIND")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write KIND.schema.json files to this folder.", show_default=False)
    ] = None,
) -> None:
    """Print JSON schemas for editors.

    Of roles (their front matter), agents, workflows and models.yaml.

    An editor with a YAML language server uses one when a file starts with
    "# yaml-language-server: $schema=workflow.schema.json".
    """
    from glasswork.library import json_schema

    schemas = {each.value: json_schema(each.value) for each in ([kind] if kind else Kind)}
    if out is None:
        say.json_object(schemas[kind.value] if kind else schemas)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, found in schemas.items():
        path = out / f"{name}.schema.json"
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        say.out(str(path))
