"""``glasswork models``: which there are, fetching weights, keeping a server up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import open_models
from glasswork.errors import UserError
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.models.pool import Models

app = typer.Typer(help="List models, fetch weights, keep a server up.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Progress = Callable[[int, int, str], None]
"""Bytes done, bytes in all, a note."""


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the models that can be named, and which weights are here."""
    from glasswork.library import Library

    rows = known(Library.discover())
    if as_json:
        say.json_object(rows)
    else:
        say.columns([(row["name"], row["origin"], row["description"], say.shown(row["path"])) for row in rows])


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Weights of the catalogue.", metavar="NAME")] = "default",
) -> None:
    """Fetch weights, and check them against their hash.

    What is here already is not fetched again; an interrupted pull goes on where it stopped.
    """
    from glasswork.models.catalogue import DEFAULT, entry, weights_path
    from glasswork.models.download import pull as fetch

    wanted = entry(DEFAULT if name == "default" else name)
    path = weights_path(wanted.name)
    if path is None:
        with _progress(wanted.name) as progress:
            path = fetch(wanted.name, progress)
    say.out(str(path))


@app.command()
def serve(
    name: Annotated[str, typer.Argument(help="A model that Glasswork starts.", metavar="NAME")] = "default",
) -> None:
    """Keep a model's server up until Ctrl-C, and print its address.

    It speaks OpenAI's protocol; other runs use it through an 'openai' entry in models.yaml.
    """
    import asyncio

    asyncio.run(_serve(name))


async def _serve(name: str) -> None:
    import asyncio

    from glasswork.library import Library
    from glasswork.models.openai import OpenAIServer

    with say.waiting() as tell:
        models = open_models(Library.discover(), tell=tell)
        model = await models.get(name)
    try:
        if not isinstance(model, OpenAIServer):
            raise UserError(f"{name} has no server to keep up", hint="name a model of the kind embedded or vllm")
        say.out(f"{model.name} serves at {model.base_url}; Ctrl-C stops it")
        if model.api_key:
            say.out(f"its key, new at every start: {model.api_key}")
        await asyncio.Event().wait()
    finally:
        await models.aclose()


def known(library: Library) -> list[dict[str, Any]]:
    """Return every model that can be named: the default, those of models.yaml, the catalogue's, the random baseline."""
    from glasswork.models.catalogue import CATALOGUE, weights_path

    models, own = open_models(library), library.models()
    files = dict.fromkeys(own.definition.models, (own.origin, str(own.path))) if own else {}
    weights = {name: ("catalogue", str(weights_path(name) or "")) for name in CATALOGUE if name not in files}
    rows: dict[str, tuple[str, str]] = {"default": ("", ""), **files, **weights, "random": ("built in", "")}
    return [
        {"name": name, "origin": origin, "description": _about(models, name), "path": path}
        for name, (origin, path) in rows.items()
    ]


def _about(models: Models, name: str) -> str:
    """Return what a name means; for ``default`` also which name that is."""
    whole = models.describe(name)
    return whole if name == "default" else whole.removeprefix(f"{name}: ")


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
    """Show a pull: a bar on a terminal, a line for every tenth elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(name)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    shown = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*shown, TextColumn("{task.fields[note]}", markup=False), console=say.console(sys.stderr)) as bar:
        task = bar.add_task(name, total=None, note="")

        def tell(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=clean(note))

        yield tell


class _Lines:
    """Says how a pull goes on: every tenth of it, and every note once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = -1

    def __call__(self, done: int, total: int, note: str) -> None:
        tenth = 10 * done // total
        if note and not note.startswith("part "):
            say.note(f"{self._name}: {clean(note)}")
        elif tenth > self._said:
            self._said = tenth
            say.note(f"{self._name}: {10 * tenth}% of {total / 1e6:,.0f} MB")
