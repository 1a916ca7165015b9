"""What run and tournament share: a sitting that begins a new run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.cli.arguments import answers_of, budgets_of, refuse_files
from glasswork.cli.discreet import check_see
from glasswork.cli.load import logs_folder, settings_here
from glasswork.cli.logs_of import new_log
from glasswork.cli.people import People
from glasswork.cli.session import Session

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.tournament import Settings

_DEFAULT = "default"
"""The model that is asked where nobody names one."""


def new_session(
    workflow: CompiledWorkflow,
    library: Library,
    inputs: Mapping[str, Any],
    *,
    answer: Sequence[str] | None,
    budget: Sequence[str] | None,
    model: str | None,
    seed: int,
    sandbox: str | None,
    logs: Path | None,
    watched: bool,
    see: str = "",
    tournament: Settings | None = None,
) -> Session:
    """Return the sitting of a new run, from what was typed. Nothing is opened or written yet.

    Args:
        workflow: as its file describes it; ``budget`` and ``tournament`` change it.
        library: what it was compiled with.
        inputs: as given; those that are left out are completed.
        answer: ``STEP=...``, of people, beforehand.
        budget: ``NAME=VALUE``, in place of the file's.
        model: in place of every other; None: as the files say.
        seed: of everything that is drawn.
        sandbox: the backend in place of those that steps name.
        logs: the folder of runs; None: as the settings say.
        watched: whether to show the run while it runs.
        see: as whom to look on at a game of werewolf.
        tournament: how the workflow's game is played as one; None: as its file says.

    Raises:
        UserError: something that was typed does not fit the workflow, or an index that it looks in cannot be used.
    """
    from glasswork.knowledge.store import Shelf
    from glasswork.workflow.inputs import resolve_inputs
    from glasswork.workflow.retrieve_ready import check_indexes
    from glasswork.workflow.tournament import as_tournament

    workflow = workflow if tournament is None else as_tournament(workflow, tournament)
    workflow = budgets_of(workflow, budget or ())
    check_see(see, workflow)
    given = resolve_inputs(workflow, inputs)
    refuse_files(workflow, given)
    check_indexes(workflow, given, Shelf(settings_here().indexes), model=model or _DEFAULT)
    folder = logs_folder(logs)
    opens = new_log(
        folder, workflow, model=model, seed=seed, sandbox=sandbox, budget=budget or (), tournament=tournament
    )
    return Session(
        workflow=workflow,
        library=library,
        inputs=given,
        people=People(answers_of(workflow, answer or ())),
        logs=folder,
        open_log=opens,
        model=model,
        seed=seed,
        sandbox=sandbox,
        watched=watched,
        see=see,
    )
