"""A double that answers from a script: for tests, demonstrations and work on a machine without a model."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, Field, ValidationError, model_validator

from glasswork import errors
from glasswork.definitions import Definition, Duration
from glasswork.errors import DefinitionError, InvalidOutput, ModelError, ModelRefused, Problem
from glasswork.models import estimate
from glasswork.models.base import OnText
from glasswork.models.schema import problems
from glasswork.models.stop import before_stop
from glasswork.records import Completion, Request, Usage

_ERRORS: dict[str, type[ModelError]] = {
    kind.code: kind
    for kind in (
        *(errors.ModelUnreachable, errors.ModelTimeout, errors.ModelBusy, errors.ModelServerError),
        *(errors.InvalidOutput, errors.ContextOverflow, errors.ModelRefused),
    )
}
_SURE = 0.9
"""Probability of a scripted label that comes without probabilities."""
_NOTHING = 1e-6
"""What a probability of 0 is taken to be below: such a label is censored."""


class Answer(Definition):
    """One entry of a script: when it fits, and what it answers.

    It has exactly one of text, json, label (or probabilities) and error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    place: str = "*"
    """A glob over the place of the question: ``build#*/choose/*``."""
    contains: str = ""
    """Part of the last user message."""
    text: str | None = None
    data: Any = Field(default=None, alias="json")
    label: str | None = None
    """The letter, or an option's text or a part of it; by text it is found wherever the options' rotation puts it."""
    probabilities: dict[str, float] | None = None
    """By letter or by option text; what they leave of 1 is shared among the others."""
    error: (
        Literal["unreachable", "timeout", "busy", "server_error", "invalid_output", "context_overflow", "refused"]
        | None
    ) = None
    reasoning: str = ""
    usage: Usage | None = None
    """Default: estimated; of an error: nothing."""
    delay: Duration | None = None
    times: int | None = Field(default=None, ge=1)
    """How often it may be served; default: without end."""

    @model_validator(mode="after")
    def _one_kind(self) -> Answer:
        label = self.label is not None or self.probabilities is not None
        kinds = [self.text is not None, "data" in self.model_fields_set, label, self.error is not None]
        if sum(kinds) != 1:
            raise ValueError("an answer has exactly one of 'text', 'json', 'label' (or 'probabilities') and 'error'")
        return self

    @property
    def form(self) -> str | None:
        """The form of question that this answers; None where it fails any."""
        if self.error is not None:
            return None
        return "text" if self.text is not None else "json" if "data" in self.model_fields_set else "label"


class Script(Definition):
    """A script file."""

    answers: tuple[Answer, ...]


def load_scripted(path: Path, *, name: str = "scripted") -> ScriptedModel:
    """Read a script.

    Raises:
        DefinitionError: the file cannot be read, is not YAML, or says something that a script cannot say.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise DefinitionError([Problem(str(path), 0, 0, "aliases (*name) are not allowed")])
        script = Script.model_validate(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError([Problem(str(path), 0, 0, f"cannot be read: {error}")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise DefinitionError(
            [Problem(str(path), line, column, getattr(error, "problem", None) or str(error))]
        ) from error
    except ValidationError as error:
        raise DefinitionError(
            Problem(str(path), 0, 0, f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}")
            for one in error.errors()
        ) from error
    return ScriptedModel(script.answers, name=name)


class ScriptedModel:
    """Serves the first entry that fits a question and is not used up."""

    context: int | None = None

    def __init__(self, answers: Iterable[Answer | Mapping[str, Any]], *, name: str = "scripted") -> None:
        """Entries may be given as they would stand in the file."""
        self.name = name
        self._answers = [a if isinstance(a, Answer) else Answer.model_validate(dict(a)) for a in answers]
        self._served = [0] * len(self._answers)

    def unused(self) -> list[Answer]:
        """List the entries that never served, or served fewer times than they say."""
        return [a for a, served in zip(self._answers, self._served, strict=True) if served < (a.times or 1)]

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Serve the first fitting entry.

        Raises:
            ModelRefused: no entry fits; the message names the place, the hint what was asked.
            InvalidOutput: the entry's JSON is no instance of the schema.
            ModelError: the entry says so.
        """
        answer = self._next(request, place)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.error is not None:
            raise _failed(answer, place)
        fields = _FORMS[request.form](answer, request)
        if on_text is not None and request.form == "text":
            for piece in re.findall(r"\s*\S+|\s+$", fields["text"]):
                on_text(piece)
        usage = answer.usage or estimate.usage(request.messages, fields["text"])
        return Completion(**fields, reasoning=answer.reasoning, usage=usage, model=self.name)

    async def aclose(self) -> None:
        """Hold nothing, free nothing."""

    def _next(self, request: Request, place: str) -> Answer:
        last = _last_user(request)
        for index, answer in enumerate(self._answers):
            left = answer.times is None or self._served[index] < answer.times
            fits = answer.form in (None, request.form) and fnmatchcase(place, answer.place) and answer.contains in last
            if left and fits:
                self._served[index] += 1
                return answer
        raise ModelRefused(
            f"the script {self.name!r} has no answer (left) for the place {place!r}, form {request.form!r}",
            hint=f"what was asked ends: …{last[-300:]}",
        )


def _failed(answer: Answer, place: str) -> ModelError:
    error = _ERRORS[answer.error or ""](f"scripted at {place!r}: {answer.error}")
    if answer.usage is not None:
        error.spent = answer.usage.spent
    return error


def _text(answer: Answer, request: Request) -> dict[str, Any]:
    return {"text": before_stop(answer.text or "", request.stop)}


def _json(answer: Answer, request: Request) -> dict[str, Any]:
    text = json.dumps(answer.data, ensure_ascii=False)
    data = json.loads(text)  # a list of a definition is a tuple until it is JSON again
    if wrong := problems(data, request.json_schema or {}):
        raise InvalidOutput(f"the scripted JSON is not of the asked form: {'; '.join(wrong[:5])}", raw=text)
    return {"text": text, "data": data, "obtained": "constrained"}


def _label(answer: Answer, request: Request) -> dict[str, Any]:
    given = answer.probabilities or {answer.label or "": _SURE}
    known = {_letter(key, request): p for key, p in given.items()}
    others = [label for label in request.labels if label not in known]
    rest = max(0.0, 1.0 - sum(known.values())) / max(1, len(others))
    probabilities = {label: known.get(label, rest) for label in request.labels}
    logprobs = {label: math.log(min(1.0, p)) if p >= _NOTHING else None for label, p in probabilities.items()}
    likeliest = (
        _letter(answer.label, request) if answer.label else max(probabilities, key=lambda one: probabilities[one])
    )
    return {"text": likeliest, "logprobs": logprobs, "logprob_floor": math.log(_NOTHING), "obtained": "constrained"}


_FORMS = {"text": _text, "json": _json, "label": _label}


def _letter(wanted: str, request: Request) -> str:
    """Find the label of the option that ``wanted`` names by its whole text, its letter, or a part of its text."""
    options = {
        label: found[-1]
        for label in request.labels
        if (found := re.findall(rf"^{re.escape(label)}\. (.*)$", _last_user(request), re.MULTILINE))
    }
    whole = [label for label, text in options.items() if text == wanted]
    letter = [label for label in request.labels if label == wanted]
    part = [label for label, text in options.items() if wanted.casefold() in text.casefold()]
    for found in (whole, letter, part):
        if found:
            return found[0]
    raise ModelRefused(f"the script names {wanted!r}, which is no option", hint=f"the options are: {options}")


def _last_user(request: Request) -> str:
    return next((message.content for message in reversed(request.messages) if message.role == "user"), "")
