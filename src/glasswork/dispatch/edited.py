"""What a person has written in place of a dispatcher's act, by forking a run: it answers the question that the act is
the answer to, so that everything which holds for a model's answer holds for it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Any, Protocol

from glasswork.errors import UserError
from glasswork.library import read_yaml
from glasswork.models.schema import problems
from glasswork.places import parse
from glasswork.records import Acted, Ask, Completion, Event, Recorder, Request

STAGE = "act"
"""The stage of a place whose answer is an act."""


class Written(Protocol):
    """What a person has decided in place of a decision's act."""

    @property
    def act(self) -> str | None:
        """What to hand on as the act; None: nothing was written."""
        ...


class Edits:
    """Stands between the decisions of a dispatch and its model and log."""

    def __init__(self, fixed: Mapping[str, Written], ask: Ask, record: Recorder) -> None:
        """Take in what was written.

        Args:
            fixed: by decision.
            ask: asks the model, for everything else.
            record: takes events.
        """
        self._written = {decision: one.act for decision, one in fixed.items() if one.act is not None}
        self._used: set[str] = set()
        self._ask = ask
        self._record = record

    async def ask(self, place: str, request: Request) -> Completion:
        """Answer with what was written, where it stands for this question; else ask the model.

        Raises:
            UserError: what was written does not fit: by its form, or by what it says.
        """
        at = parse(place)
        stage, again, _ = at.stage.partition("~")
        written = self._written.get(at.decision)
        if written is None or stage != STAGE:
            return await self._ask(place, request)
        if again:  # the question is put again where the first answer would not do
            raise UserError(f"{at.decision}: the act that was written cannot be used: {request.messages[-1].content}")
        self._used.add(at.decision)
        data = as_written(at.decision, written, request.json_schema or {})
        return Completion(text=written, data=data)

    def record(self, event: Event) -> None:
        """Record an event; an act that a person wrote is marked so.

        Raises:
            UserError: an act was written for a decision that asks for none.
        """
        if isinstance(event, Acted) and event.decision in self._written:
            if event.decision not in self._used:
                raise nothing_to_write(event.decision)
            event = event.model_copy(update={"edited": True})
        self._record(event)


def as_written(decision: str, text: str, schema: Mapping[str, Any]) -> Any:
    """Return the act that a text is: YAML, or JSON, of the form that the model is bound to.

    Raises:
        DefinitionError: it is no YAML.
        UserError: it is of another form.
    """
    data = read_yaml(f"act:\n{indent(text, '  ')}", "the act", first_line=0).data["act"]
    wrong = problems(data, dict(schema))
    if wrong:
        form = "a list" if schema.get("type") == "array" else f"the keys {', '.join(schema.get('properties', {}))}"
        raise UserError(f"this is no act of {decision}: {'; '.join(wrong[:3])}", hint=f"write it as YAML: {form}")
    return data


def nothing_to_write(decision: str) -> UserError:
    """Return the error that says that a decision's act cannot be written by a person."""
    return UserError(
        f"{decision}: its act is no answer to a question of its own, so nobody can write it in the model's place",
        hint="another choice: --choose OPTION; another model: --model NAME",
    )
