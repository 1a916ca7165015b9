"""A workflow as a picture: layers for the terminal, Mermaid for documents."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import AgentStep, LoopStep, TeamStep
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.order import levels

_SHAPES = {"agent": ("[", "]"), "team": ("[[", "]]"), "loop": ("{{", "}}"), "human": ("([", "])")}
_ESCAPES = str.maketrans({
    "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "%": "#37;", "\\": "#92;",
})  # fmt: skip
_LONGEST = 60


def layers(workflow: CompiledWorkflow) -> list[list[str]]:
    """Return the steps in layers: those of one layer may run beside each other once the layers before have ended."""
    return levels({step.id: step.needs for step in workflow.steps.values()})


def mermaid(workflow: CompiledWorkflow) -> str:
    """Return the workflow as a Mermaid flowchart: conditions on the edges, loops as dotted edges back."""
    steps = workflow.steps.values()
    lines = [*map(_node, steps), *(edge for step in steps for edge in _edges(workflow, step))]
    return "\n".join(["flowchart TD", *(f"    {line}" for line in lines)]) + "\n"


def _node(step: CompiledStep) -> str:
    opening, closing = _SHAPES[step.kind]
    label = "<br/>".join(_label(line) for line in _words(step))
    return f'{_id(step.id)}{opening}"{label}"{closing}'


def _words(step: CompiledStep) -> Iterator[str]:
    yield step.id
    match step.definition:
        case AgentStep(agent=agent, sandbox=sandbox):
            yield agent + (", in a sandbox" if sandbox else "")
        case TeamStep(team=team):
            yield f"{team.kind.replace('_', ' ')}: {', '.join(team.agents)}"
        case LoopStep(loop=loop):
            yield f"at most {loop.max} more"
        case _:
            yield "a person decides"
    if step.definition.join != "all" and len(step.needs) > 1:
        yield {"any": "after any of them", "all_done": "after all, however they ended"}[step.definition.join]
    if step.when is not None and not step.needs:
        yield f"when {step.when.text}"


def _edges(workflow: CompiledWorkflow, step: CompiledStep) -> Iterator[str]:
    arrow = f'-- "when {_label(step.when.text)}" -->' if step.when is not None else "-->"
    for need in step.needs:
        yield f"{_id(need)} {arrow} {_id(step.id)}"
    if isinstance(step.definition, LoopStep):
        members = step.definition.loop.steps
        for member in members:
            if not set(workflow.steps[member].needs) & set(members):  # where a round begins
                yield f'{_id(step.id)} -. "until {_label(step.definition.loop.until)}" .-> {_id(member)}'


def _id(step: str) -> str:
    """Return a Mermaid name that can be no word of its language, as ``end`` is."""
    return f"step_{step}"


def _label(text: str) -> str:
    text = " ".join(text.split())
    return (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…").translate(_ESCAPES)
