"""``glasswork tournament``: all players of a game against each other, many matches at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli.load import load_workflow
from glasswork.cli.run import Answers, AsJson, Limits, Logs, Model, Quiet

Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write report.md, report.html and pictures there.", metavar="DIR"),
]


def tournament(
    workflow: Annotated[
        str, typer.Argument(help="A workflow with a game: its name, or its file's path.", metavar="WORKFLOW")
    ],
    *,
    repetitions: Annotated[
        int | None, typer.Option(help="How often each meets each.", min=1, max=1000, show_default=False)
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Rounds of a match.", min=1, max=10_000, show_default=False)
    ] = None,
    parallel: Annotated[int | None, typer.Option(help="Matches at once.", min=1, max=256, show_default=False)] = None,
    self_play: Annotated[
        bool | None, typer.Option("--self-play/--no-self-play", help="Each also meets itself.", show_default=False)
    ] = None,
    both_ways: Annotated[
        bool | None,
        typer.Option("--both-ways/--one-way", help="Each pair also with seats exchanged.", show_default=False),
    ] = None,
    games: Annotated[
        int | None,
        typer.Option(
            help="Games of werewolf; each player holds each card once in as many as players.",
            min=1,
            max=10_000,
            show_default=False,
        ),
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--input", "-i", help="One input; may be repeated.", metavar="NAME=VALUE")
    ] = None,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Another seed draws otherwise; the same repeats.")] = 0,
    logs: Logs = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    answer: Answers = None,
    budget: Limits = None,
    report: Report = None,
) -> None:
    """Play a game's tournament: every player of its file against every other.

    What an option does not say, the file says. The log is that of a run: glasswork resume goes on in the middle of a
    match, glasswork log game shows the tables again. Exits as glasswork run does.
    """
    from glasswork.cli.arguments import gather_inputs
    from glasswork.cli.beginning import new_session
    from glasswork.cli.outcome import sit
    from glasswork.workflow.tournament import Settings

    compiled, library = load_workflow(workflow)
    session = new_session(
        compiled,
        library,
        gather_inputs(compiled, None, given or [], None),
        answer=answer,
        budget=budget,
        model=model,
        seed=seed,
        sandbox=None,
        logs=logs,
        watched=not (quiet or as_json),
        tournament=Settings(
            repetitions=repetitions,
            rounds=rounds,
            parallel=parallel,
            self_play=self_play,
            both_ways=both_ways,
            games=games,
        ),
    )
    sit(session, as_json=as_json, quiet=quiet, report=report)
