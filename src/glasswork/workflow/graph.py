"""A workflow as a picture: layers for the terminal, Mermaid for documents."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import (
    AgentStep,
    DispatchStep,
    GameStep,
    HumanStep,
    LoopStep,
    ReportStep,
    RetrieveStep,
    RetrieveUse,
    TableStep,
    TeamStep,
    WerewolfStep,
    WorkflowStep,
)
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.order import levels

_SHAPES = {"agent": ("[", "]"), "team": ("[[", "]]"), "loop": ("{{", "}}"), "human": ("([", "])"),
           "game": ("[/", "/]"), "werewolf": ("[/", "/]"), "dispatch": (">", "]"),
           "retrieve": ("[(", ")]"), "table": ("[(", ")]"), "report": ("[", "]")}  # fmt: skip
_ESCAPES = str.maketrans({
    "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "%": "#37;", "\\": "#92;",
})  # fmt: skip
_LONGEST = 60
_TOP = "step_"
"""Stands before the names of steps: they then can be no word of Mermaid's language, as ``end`` is."""
_IN = "_IN_"
"""Stands between the names of a step and of one in its workflow: names of steps have no capitals."""


def layers(workflow: CompiledWorkflow) -> list[list[str]]:
    """Return the steps in layers: those of one layer may run beside each other once the layers before have ended."""
    return levels({step.id: step.needs for step in workflow.steps.values()})


def mermaid(workflow: CompiledWorkflow) -> str:
    """Return the workflow as a Mermaid flowchart.

    Conditions stand on the edges; dotted edges lead back to where a loop begins, and on from a step that failed; a
    sub-workflow is a box with its own steps in it.
    """
    return "\n".join(["flowchart TD", *_drawn(workflow, _TOP, "    ")]) + "\n"


def _drawn(workflow: CompiledWorkflow, prefix: str, indent: str) -> Iterator[str]:
    for step in workflow.steps.values():
        if step.workflow is None:
            yield f"{indent}{_node(step, prefix)}"
        else:
            yield f'{indent}subgraph {prefix}{step.id}["{_said(step)}"]'
            yield from _drawn(step.workflow, f"{prefix}{step.id}{_IN}", indent + "    ")
            yield f"{indent}end"
    for step in workflow.steps.values():
        yield from (f"{indent}{edge}" for edge in _edges(workflow, step, prefix))


def _node(step: CompiledStep, prefix: str) -> str:
    opening, closing = _SHAPES[step.kind]
    return f'{prefix}{step.id}{opening}"{_said(step)}"{closing}'


def _said(step: CompiledStep) -> str:
    return "<br/>".join(_label(line) for line in _words(step))


def _words(step: CompiledStep) -> Iterator[str]:
    yield step.id
    yield from _kind_words(step)
    if step.each is not None and not isinstance(
        step.definition,
        LoopStep | HumanStep | GameStep | WerewolfStep | DispatchStep | RetrieveStep | TableStep | ReportStep,
    ):
        yield f"for each of {'.'.join(step.each)}, {step.definition.parallel} at once"
    if step.definition.join != "all" and len(step.needs) > 1:
        yield {"any": "after any of them", "all_done": "after all, however they ended"}[step.definition.join]
    if step.when is not None and not step.needs:
        yield f"when {step.when.text}"
    if step.definition.on_error == "skip":
        yield "counts as skipped if it fails"


def _kind_words(step: CompiledStep) -> Iterator[str]:
    match step.definition:
        case AgentStep(agent=agent, sandbox=sandbox):
            yield agent + (", in a sandbox" if sandbox else "")
        case TeamStep(team=team):
            yield f"{team.kind.replace('_', ' ')}: {', '.join(team.agents)}"
        case LoopStep(loop=loop):
            yield f"at most {loop.max} more"
        case HumanStep():
            yield "a person decides"
        case WorkflowStep():
            yield f"workflow {step.workflow.name if step.workflow else step.definition.workflow}"
        case GameStep() as game:
            yield from _game(step, game)
        case WerewolfStep() as game:
            yield step.village.name if step.village else "werewolf"
            games = f"{game.tournament.games} games of" if game.tournament else "players:"
            yield f"{games} {', '.join(game.players)}"
        case DispatchStep():
            yield f"{len(step.tools)} tool model{'' if len(step.tools) == 1 else 's'}"
        case _ as definition:
            yield from _outside(definition)


def _outside(definition: object) -> Iterator[str]:
    match definition:
        case RetrieveStep(retrieve=use):
            yield from _retrieval(use)
        case TableStep():
            yield "a table"
        case ReportStep(report=report):
            yield f"a report on {report.experiment}"


def _retrieval(use: RetrieveUse) -> Iterator[str]:
    yield f"{use.top} from {use.index}" + (", corrected" if use.correct != "no" else "")
    yield from [f"else from {use.second.name}"] if use.second is not None else []


def _game(step: CompiledStep, game: GameStep) -> Iterator[str]:
    yield step.rules.game.name if step.rules else "a game"
    yield f"{'tournament of' if game.tournament else 'players:'} {', '.join(game.players)}"


def _edges(workflow: CompiledWorkflow, step: CompiledStep, prefix: str) -> Iterator[str]:
    here = f"{prefix}{step.id}"
    arrow = f'-- "when {_label(step.when.text)}" -->' if step.when is not None else "-->"
    for need in step.needs:
        yield f"{prefix}{need} {arrow} {here}"
        if workflow.steps[need].definition.on_error == "continue":
            yield f'{prefix}{need} -. "also if it fails" .-> {here}'
    if isinstance(step.definition, LoopStep):
        members = step.definition.loop.steps
        for member in members:
            if not set(workflow.steps[member].needs) & set(members):  # where a round begins
                yield f'{here} -. "until {_label(step.definition.loop.until)}" .-> {prefix}{member}'


def _label(text: str) -> str:
    text = " ".join(text.split())
    return (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…").translate(_ESCAPES)
