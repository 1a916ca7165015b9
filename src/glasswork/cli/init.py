"""``glasswork init``: a project to begin from, made of shipped files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import checked
from glasswork.errors import UserError

STARTER = "software_team"

MARKER = """\
# This file marks the folder as a Glasswork project: 'glasswork', run here or in a folder below, finds the workflows,
# agents, roles and models.yaml beside it before any of the same name that came with Glasswork. What is commented out
# shows the settings there are and their defaults.

# [run]
# logs = "logs"             # where runs are written, relative to this file
# model = "default"         # for steps and agents that say "default"

# [sandbox]
# backend = "default"       # default, docker, bubblewrap or jail; no step gets a weaker one
# max_timeout = 600         # seconds; no program gets more, whatever its step asks for
# max_memory_mb = 4096
# network = []   # whom programs may talk to, if their step asks for it: ["pypi.org:443"]
# loopback = false
"""

MODELS = """\
# The models of this project, by name. What is commented out shows the three kinds; 'glasswork models list' shows the
# weights that Glasswork can fetch by itself, which need no entry here.
version: 1

# What 'default' means: a name below, or one from 'glasswork models list'.
# default: here

# models:
#   here:                       # llama.cpp in this process
#     kind: embedded
#     weights: qwen2.5-coder-1.5b
#     context: 8192
#   server:                     # any OpenAI-compatible server
#     kind: openai
#     base_url: http://127.0.0.1:8000/v1
#     model: my-model
#     api_key_env: MY_API_KEY   # the variable that holds the key; the key itself never stands in a file
#     price: {prompt: 0.4, completion: 1.6}  # for a million tokens; budgets in money count by it
#   gpu:                        # a vLLM server that Glasswork starts and stops
#     kind: vllm
#     model: Qwen/Qwen2.5-Coder-7B-Instruct
"""


def init(folder: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")]) -> None:
    """Begin a project.

    Fills a new folder with a workflow, its agents and roles, and a models.yaml to uncomment.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder} is there already and is not an empty folder", hint="name a folder that is not there yet"
        )
    files = {"glasswork.toml": MARKER, "models.yaml": MODELS, ".gitignore": "/logs/\n", **_definitions()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        say.out(str(path))
    say.note(f'\nNext:\n  cd {folder}\n  glasswork validate\n  glasswork run {STARTER} "a program that ..."')


def _definitions() -> dict[str, str]:
    """Return the starter workflow, what it rests on, and the schemas that their first lines name: path to text."""
    from glasswork.library import Library, Source, json_schema, shipped

    library = Library((Source("shipped", shipped()),))
    workflow = checked(library.workflow(STARTER), library)
    schemas = {f"{kind}s/{kind}.schema.json": json_schema(kind) for kind in ("agent", "workflow")}
    return {
        **{key: workflow.sources[digest] for key, digest in workflow.digests.items()},
        **{path: json.dumps(schema, indent=2) + "\n" for path, schema in schemas.items()},
    }
