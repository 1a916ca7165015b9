"""``glasswork tool``: calls one tool model, and prints what it gives."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.options import AsJson
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.tools import Spec, Value


def tool(
    name: Annotated[str, typer.Argument(help="A tool model's name; 'glasswork list tools' has them.", metavar="NAME")],
    *,
    arguments: Annotated[
        list[str] | None, typer.Option("--arg", help="An input: text, number, yes or no, JSON.", metavar="NAME=VALUE")
    ] = None,
    files: Annotated[
        list[str] | None, typer.Option("--file", help="An input that is a file.", metavar="NAME=PATH")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the output; a file needs it.", metavar="PATH")
    ] = None,
    model: Annotated[str | None, typer.Option(help="In place of the model that the tool names.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds, in place of the tool's own.", min=0.1)] = None,
    as_json: AsJson = False,
) -> None:
    """Call one tool model.

    The result goes to stdout; a file that it makes is written with --out.
    """
    with tempfile.TemporaryDirectory(prefix="glasswork-media-") as folder:
        call = _Call(name, arguments or [], files or [], model, timeout)
        spec, value = asyncio.run(call.made(Path(folder)))
        _tell(spec, value, out, as_json=as_json)


class _Call:
    """What was typed."""

    def __init__(
        self, name: str, arguments: list[str], files: list[str], model: str | None, timeout: float | None
    ) -> None:
        self.name, self.arguments, self.files = name, arguments, files
        self.model, self.timeout = model, timeout

    async def made(self, folder: Path) -> tuple[Spec, Value]:
        """Make the call."""
        from glasswork.cli.session import terminable
        from glasswork.cli.toolbox import Toolbox, arguments_of, files_of
        from glasswork.library import Library

        box = Toolbox(Library.discover(), folder, model=self.model)
        try:
            with terminable():
                found = box.tools.get(self.name)
                given = arguments_of(found.spec, self.arguments, files_of(box, self.files))
                return found.spec, await found.call(given, timeout=self.timeout)
        finally:
            await box.aclose()


def _tell(spec: Spec, value: Value, out: Path | None, *, as_json: bool) -> None:
    from glasswork.tools import Blob, plain, shown

    if isinstance(value, Blob) and out is None:
        raise UserError(f"{spec.name} made {value}", hint="say where to write it: --out PATH")
    if out is not None:
        _write(value, out)
    if as_json:
        say.json_object({"tool": spec.name, "output": plain(value), "path": str(out) if out else None})
    elif out is None:
        say.out(shown(value))
    else:
        say.note(f"{out}: {shown(value) if isinstance(value, Blob) else spec.output.type}")


def _write(value: Value, out: Path) -> None:
    from glasswork.tools import Blob, shown

    try:
        if isinstance(value, Blob):
            shutil.copyfile(value.path, out)
        else:
            out.write_text(shown(value) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {(error.strerror or str(error)).lower()}") from error
