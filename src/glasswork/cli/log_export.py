"""``glasswork log export``: one run in a format that other tools read."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.errors import UserError


class Format(StrEnum):
    """What a run can be exported as."""

    OTEL = "otel"
    OPENINFERENCE = "openinference"
    JSONL = "jsonl"


def export(
    run: Annotated[
        str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")
    ] = "latest",
    *,
    form: Annotated[
        Format, typer.Option("--format", help="Spans by OpenTelemetry's conventions or by OpenInference's; or events.")
    ] = Format.OTEL,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write this file; default: stdout.", show_default=False)
    ] = None,
    with_content: Annotated[
        bool, typer.Option("--with-content", help="Spans tell prompts, answers and reasons, too.")
    ] = False,
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder of runs; default: logs in the project.", show_default=False)
    ] = None,
) -> None:
    """Export a run: as OTLP/JSON spans for a collector, or as JSON Lines with everything in it.

    A run that has not ended is exported as far as it goes. Files are written whole or not at all.
    """
    from glasswork.log.export import export as pieces
    from glasswork.log.runs import find_run

    text = pieces(find_run(logs_folder(logs), run), form.value, content=with_content)
    if out is None:
        for piece in text:
            sys.stdout.write(piece)
        return
    if out.is_dir():
        raise UserError(f"--out {say.shown(out)}: is a folder", hint="name the file to write")
    new = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
            file.writelines(text)
        new.replace(out)
    finally:
        new.unlink(missing_ok=True)
    say.note(f"written: {say.shown(out)}")
