"""From what a file says of a dispatch to the tool models that it may use, or to what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from glasswork.definitions import DispatchStep, DispatchUse, RetrieveStep, TableStep, ToolDef, WorkflowDef
from glasswork.dispatch import Bounds, planners
from glasswork.dispatch.choosing import MOST
from glasswork.dispatch.deciding import EXPLAINED
from glasswork.dispatch.listed import OPENING
from glasswork.errors import DefinitionError, NotFound, Problem, did_you_mean
from glasswork.library import Found, Keys, Library
from glasswork.templates import Template
from glasswork.tools import load_tool
from glasswork.workflow.decision_cost import Cost
from glasswork.workflow.references import References, Scope


class Toolbox:
    """Looks every tool model up once, for all workflows of a run."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._tried: dict[str, Found[ToolDef] | NotFound | DefinitionError] = {}

    def tools(
        self,
        workflow: Found[WorkflowDef],
        step_id: str,
        step: DispatchStep | RetrieveStep,
        problems: list[Problem],
    ) -> tuple[Found[ToolDef], ...]:
        """Return the tool models of a step, sorted by name; what is wrong with them is added to ``problems``."""
        found: dict[str, Found[ToolDef]] = {}
        for keys, name in self._named(step):
            one = self._one(name)
            if isinstance(one, NotFound):
                problems.append(workflow.problem(("steps", step_id, *keys), one.message))
            elif isinstance(one, DefinitionError):
                problems += one.problems
            else:
                found[name] = one
        return tuple(found[name] for name in sorted(found))

    def _named(self, step: DispatchStep | RetrieveStep) -> Iterator[tuple[Keys, str]]:
        """Yield the tool models that a step may use, each with where the step names it."""
        if isinstance(step, RetrieveStep):
            second = step.retrieve.second
            if second is not None and second.kind == "tool":
                yield ("retrieve", "second", "name"), second.name
            return
        for index, name in enumerate(step.dispatch.tools or self._library.names("tool")):
            yield ("dispatch", "tools", index), name

    def _one(self, name: str) -> Found[ToolDef] | NotFound | DefinitionError:
        if name not in self._tried:
            try:
                self._tried[name] = load_tool(self._library, name)
            except (NotFound, DefinitionError) as error:
                self._tried[name] = error
        return self._tried[name]


def tool_files(tools: Iterable[Found[ToolDef]]) -> dict[str, tuple[str, str]]:
    """Return digest and text of the files that define tool models, and of the programs that they run, by key."""
    files: dict[str, tuple[str, str]] = {}
    for found in tools:
        files[found.key] = (found.digest, found.text)
        program = found.definition.program
        if program is not None:
            data = found.source.read(program.file)
            files[program.file] = (hashlib.sha256(data).hexdigest(), data.decode("utf-8", "backslashreplace"))
    return files


def check_dispatch(found: Found[WorkflowDef], step_id: str, step: DispatchStep) -> Iterator[Problem]:
    """Yield what is wrong with a dispatch, but for its references and its tool models."""
    use, keys = step.dispatch, ("steps", step_id, "dispatch")
    known = planners.names()
    if use.planner not in known:
        message = f"there is no planner {use.planner!r}{did_you_mean(use.planner, known)}"
        yield found.problem((*keys, "planner"), message)
    if use.only is not None:
        name, inputs = use.only.partition(".")[2], found.definition.inputs
        lists = [name for name, one in inputs.items() if one.type == "list"]
        if name not in lists:
            wrong = f"the input {name!r} is no list" if name in inputs else f"there is no input {name!r}"
            yield found.problem((*keys, "only"), f"{wrong}{did_you_mean(name, lists)}")


def file_templates(
    texts: References, step_id: str, step: DispatchStep | TableStep, scope: Scope
) -> tuple[Template, ...]:
    """Return where the files of a dispatch lie, or a table; paths come from the workflow's file itself and from inputs,
    never from a model.

    An item may name a file where the list that the step runs over is an input.
    """
    each = step.for_each if isinstance(step, DispatchStep) else None
    trusted = {"inputs", "index", *(["item"] if (each or "").startswith("inputs.") else [])}
    named: list[tuple[Keys, str]] = [(("steps", step_id, "table"), step.table)] if isinstance(step, TableStep) else []
    if isinstance(step, DispatchStep):
        named = [(("steps", step_id, "dispatch", "files", at), text) for at, text in enumerate(step.dispatch.files)]
    found: list[Template] = []
    for keys, text in named:
        template = texts.template(keys, text, scope)
        assert template is not None, "there is a text"
        for reference in template.references:
            if reference.path[0] not in trusted:
                message = f"a file is named by an input or here, and not by what a step makes: {reference.name}"
                texts.complain(keys, message, reference.line, reference.column)
        found.append(template)
    return tuple(found)


def paths(templates: Iterable[Template], values: Mapping[str, object]) -> Iterator[str]:
    """Yield the paths that templates come to; a lone reference to a list gives each of its items.

    Raises:
        UserError: a reference leads to nothing.
    """
    for template in templates:
        inputs = values["inputs"]
        assert isinstance(inputs, Mapping), "these are a run's inputs"
        lone = template.lone.path if template.lone is not None else ()
        value = inputs.get(lone[1]) if lone[:1] == ("inputs",) else None
        if isinstance(value, list | tuple):
            yield from map(str, value)
        else:
            yield from filter(None, ["".join(part.text for part in template.render(values)).strip()])


def dispatch_cost(use: DispatchUse, tools: int) -> tuple[Cost, Cost]:
    """Return what one dispatch asks of its model: with one task and nothing going wrong, and at most.

    A planner of another package may ask more than those that come with Glasswork. What tool models ask is not in it.
    """
    told = Bounds().max_tokens
    shown, written = min(use.candidates, tools), Cost(1, told)
    explained = Cost(1, EXPLAINED) if use.explain else Cost()
    choosing = Cost(MOST, MOST) if tools > 1 else Cost()
    if use.planner == "raw":
        smooth = most = written + explained
    elif use.planner == "listed":
        smooth = Cost(1, OPENING) + written + explained
        # What is left of the request is asked for once as a whole, and clause by clause.
        most = smooth + written * (use.repairs + (use.tasks if use.repairs else 0))
    else:
        filled, weighed = written * (1 + use.repairs), Cost(shown + 1, shown + 1)
        smooth = weighed + written + weighed + explained * 2
        most = (weighed + filled + explained) * use.tasks + weighed + explained
    chosen = (choosing + explained) * use.tasks
    answered = written + explained
    return smooth + explained + answered, most + chosen + answered
