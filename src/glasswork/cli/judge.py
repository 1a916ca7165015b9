"""``glasswork judge``: verdicts on answers, and the gate that a judge passes before they count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.options import AsJson, Logs, Run

app = typer.Typer(
    help="Have answers judged; hold a judge against labelled answers.", no_args_is_help=True, rich_markup_mode=None
)

Dimensions = Annotated[
    list[str] | None,
    typer.Option(
        "--dimension",
        help="helpfulness, clarity, factuality, depth, engagement or safety; may be repeated; default: all.",
        metavar="NAME",
        show_default=False,
    ),
]
Model = Annotated[
    str | None, typer.Option(help="Ask this model; default: the project's.", metavar="NAME", show_default=False)
]
JudgeName = Annotated[str, typer.Option("--judge", help="Who judges: 'asked', or a package's own.", metavar="NAME")]
Parallel = Annotated[
    int | None, typer.Option(min=1, help="Cases at once; default: what the server takes.", show_default=False)
]
Reasons = Annotated[bool, typer.Option("--reasons", help="Show the judge's reasons, too.")]


@app.command()
def gate(
    *,
    data: Annotated[Path, typer.Option(help="Labelled answers, a JSON object a line.", metavar="FILE")],
    dimension: Annotated[str, typer.Option(help="What the labels are about.", metavar="NAME")],
    model: Model = None,
    judge: JudgeName = "asked",
    parallel: Parallel = None,
    seed: Annotated[int, typer.Option(help="Of the intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Hold a judge against labelled answers: its votes count once it has passed.

    A line is {"question": "…", "answer": "…", "label": true}, or {"question": "…", "a": "…", "b": "…", "better": "a"}
    (or b, or tie). A third of the questions fit a threshold; measured on the others, Cohen's kappa must be 0.4 at least
    with the lower end of its interval above 0.2 and above what length alone gets, 80 % of the verdicts the same in both
    orders, and the lean 0.1 at most. Another model, other prompts or another dimension pass by themselves. Verdicts are
    kept as they are given: interrupted, the same command goes on from there. Exits with 1 where it has failed.
    """
    from glasswork.cli.judge_words import gate_json, tell_gate
    from glasswork.cli.judging import Wish, dimensions
    from glasswork.cli.judging import gate as held

    with _interruptible():
        found, path = held(data, dimensions([dimension])[0], Wish(judge, model, parallel), seed)
    if as_json:
        say.json_object(gate_json(found, path))
    else:
        tell_gate(found, path)
    if not found.passed:
        raise typer.Exit(1)


@app.command()
def answers(
    file: Annotated[Path, typer.Argument(help="Answers, a JSON object a line.", metavar="FILE")],
    *,
    dimension: Dimensions = None,
    model: Model = None,
    judge: JudgeName = "asked",
    parallel: Parallel = None,
    reasons: Reasons = False,
    as_json: AsJson = False,
) -> None:
    """Judge the answers of a file, one by one or in pairs.

    A line is {"question": "…", "answer": "…"}, or {"question": "…", "a": "…", "b": "…"}. A vote that the judge has
    passed no gate for is shown as uncounted.
    """
    from glasswork.cli.judge_words import ballot_json, tell_ballot
    from glasswork.cli.judging import Wish, ballot_of_file, dimensions

    with _interruptible():
        found = ballot_of_file(file, dimensions(dimension), Wish(judge, model, parallel))
    if as_json:
        say.json_object(ballot_json(found))
    else:
        tell_ballot(found, reasons=reasons)


@app.command()
def run(
    run: Run = "latest",
    *,
    decision: Annotated[
        str, typer.Option(help="A decision or a step; default: every act.", metavar="NAME", show_default=False)
    ] = "",
    dimension: Dimensions = None,
    model: Model = None,
    judge: JudgeName = "asked",
    parallel: Parallel = None,
    reasons: Reasons = False,
    logs: Logs = None,
    as_json: AsJson = False,
) -> None:
    """Judge what a run's agents have made.

    What each saw is the question, its act is the answer. The log keeps the votes; log why shows them. One that the
    judge has passed no gate for is kept as uncounted, and has no value.
    """
    from glasswork.cli.judge_words import ballot_json, tell_ballot
    from glasswork.cli.judging import Wish, dimensions
    from glasswork.cli.judging_runs import ballot_of_run
    from glasswork.cli.load import logs_folder

    with _interruptible():
        name, found = ballot_of_run(
            logs_folder(logs), run, decision, dimensions(dimension), Wish(judge, model, parallel)
        )
    if as_json:
        say.json_object({"run": name, **ballot_json(found)})
    else:
        tell_ballot(found, reasons=reasons)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List what judges have shown at gates, and whether their votes count."""
    from glasswork.cli.judge_words import gate_row
    from glasswork.cli.load import settings_here
    from glasswork.evals.votes import read_gates

    gates = read_gates(settings_here().gates)
    if as_json:
        say.json_object([{"passed": one.passed, **one.model_dump(mode="json")} for one in gates])
    else:
        say.columns(gate_row(one) for one in gates)


@contextmanager
def _interruptible() -> Iterator[None]:
    """End with 130 where somebody interrupts it; no model stays behind."""
    import asyncio

    try:
        yield
    except (asyncio.CancelledError, KeyboardInterrupt):
        say.note("interrupted")
        raise typer.Exit(130) from None
