"""What an act can produce: for each kind, how the model is told, in which form it answers, and how that is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from glasswork.agent.cases import cases_in, grounded
from glasswork.agent.cited import NOTHING_GIVEN, bare, claims_schema, quotes_in, read_cited, stated_schema
from glasswork.definitions import ActDef, FieldDef
from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import results_in
from glasswork.library import read_yaml
from glasswork.models.schema import closed, problems
from glasswork.records import Completion, Segment

ITEM_LENGTH = 300
"""Characters of one item of a list at most."""

_BULLET = re.compile(r"^\s*(?:[-*]|\d{1,3}[.)])\s+")
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([A-Za-z0-9_+.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)


def instruction(act: ActDef, segments: Sequence[Segment] = ()) -> str:
    """Return how the act is to be written: the agent's own words, then what its kind needs.

    ``segments`` are what the agent sees: claims rest on passages among them, or on results.
    """
    how = _HOW[act.produces]
    if act.produces == "cited" and bare(segments):
        return _ON_NOTHING
    if act.produces == "cited" and results_in(segments):
        how = f"{how} {_ON_RESULTS}" if quotes_in(segments) else f"{_ON_RESULTS} {_OWN_APART}"
    return f"{act.instruction} {how.format(most=act.max_items)}".strip()


def only_way(act: ActDef, segments: Sequence[Segment]) -> str:
    """Return what is left to do where nothing has to be weighed: one who quotes was given nothing; else nothing."""
    return NOTHING_GIVEN if act.produces == "cited" and bare(segments) else ""


STOP = {"code": ("\n```\n",), "cases": ("\n```\n",)}
"""Where an answer of this kind is over: small models go on to write the same program again."""

_HOW = {
    "text": "Answer in plain prose, not in JSON, with the text alone.",
    "code": "Answer with one complete Python file in a single ```python block, and nothing after it.",
    "cases": "Answer with a single ```python block that holds at most {most} lines, each of the form: "
    "assert CALL == RESULT",
    "list": "Answer with the list alone.",
    "fields": "Answer with the fields alone.",
    "choice": "Say what you chose, word for word.",
    "cited": "Make up to {most} claims. Each names a passage, quotes from it, letter by letter, the words that answer, "
    "and then says in one sentence what follows from these words for the question. Where no passage answers, make no "
    "claim. Under 'own' goes what no passage says and you know from elsewhere; mostly nothing.",
}
_ON_NOTHING = (
    "No passage was found, so nothing can be claimed. Under 'own' goes what you know of the matter from elsewhere, in "
    "a sentence or two."
)
_ON_RESULTS = (
    "Make up to {most} claims on the results, one sentence each. Each names the results it rests on, and tells at "
    "least one number: the value of a result that it names, rounded to two or three places; no other number."
)
_OWN_APART = "What you suppose besides goes under 'own', without numbers, and nowhere else."


def schema(act: ActDef, segments: Sequence[Segment] = (), *, by_hand: bool = False) -> dict[str, Any] | None:
    """Return the JSON schema the answer is bound to, or None where it is free (prose and code are never forced).

    ``segments`` are what the agent sees: claims can cite those of them that are passages, and no others. ``by_hand``
    says that a person answers.
    """
    if act.produces == "cited":
        others = {
            name: (stated_schema(field.stated_as, segments) if field.stated_as else None) or _field(field)
            for name, field in act.fields.items()
            if not field.stated_as or quotes_in(segments)
        }
        return closed({**others, **claims_schema(segments, act.max_items, by_hand=by_hand)})
    if act.produces == "list":
        item = {"type": "string", "minLength": 1, "maxLength": ITEM_LENGTH}
        items = {"type": "array", "items": item, "minItems": 1, "maxItems": act.max_items}
        return closed({"items": items})
    if act.produces == "fields":
        return closed({name: _field(field) for name, field in act.fields.items()})
    return None


def read(act: ActDef, answer: Completion, segments: Sequence[Segment], *, last: bool = True) -> tuple[str, Any]:
    """Return an act's text and its data: code, cases, list, fields, claims; None for prose.

    ``segments`` are what the agent saw: cases can be bound to what they state, and claims quote them. ``last`` says
    that it will not be asked again.

    Raises:
        InvalidOutput: the answer was cut off, holds no program where one was asked for, or quotes what is not there.
    """
    if act.produces == "cases":
        return _cases(act, answer, segments)
    if answer.finish_reason == "length" and act.may_be_cut:
        return f"{answer.text.strip()} …", None
    if answer.finish_reason == "length":
        raise InvalidOutput(f"the answer was cut off at {act.max_tokens} tokens; write a shorter one", raw=answer.text)
    return _made(act, answer, segments, last=last)


def _made(act: ActDef, answer: Completion, segments: Sequence[Segment], *, last: bool) -> tuple[str, Any]:
    """Return the text and the data of an answer that was not cut off."""
    match act.produces:
        case "code":
            return answer.text, code_in(answer.text)
        case "cited":
            due = {name: one.stated_as for name, one in act.fields.items() if one.stated_as}
            return read_cited(answer.data, segments, closing=act.closing, last=last, numbers=act.numbers, due=due)
        case "list":
            items = [item.strip() for item in answer.data["items"]]
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1)), items
        case "fields":
            _differ(act, answer)
            return "\n".join(f"{name}: {value}" for name, value in answer.data.items()), answer.data
        case _:
            return answer.text.strip(), None


def _differ(act: ActDef, answer: Completion) -> None:
    """Refuse fields that hold the same where they must not. Raises InvalidOutput."""
    for one, other in combinations(act.distinct, 2):
        if answer.data[one] == answer.data[other]:
            told = f"{one!r} and {other!r} are both {answer.data[one]!r}, and must be two different ones"
            raise InvalidOutput(told, raw=answer.text)


def written(act: ActDef, text: str, segments: Sequence[Segment]) -> tuple[str, Any]:
    """Return an act that a person wrote, as :func:`read` returns an agent's: code as it is, a list as lines, fields as
    YAML.

    Raises:
        DefinitionError: the text is not YAML, where fields are due.
        InvalidOutput: it holds no such act.
    """
    if act.produces in {"code", "cases"}:
        answer = Completion(text=text if "```" in text else f"```python\n{text.rstrip()}\n```")
    elif act.produces == "list":
        items = [_BULLET.sub("", line).strip() for line in text.splitlines()]
        answer = Completion(text=text, data={"items": [item for item in items if item]})
    elif act.produces in {"fields", "cited"}:
        answer = Completion(text=text, data=dict(read_yaml(text, "the act").data))
    else:
        answer = Completion(text=text)
    bound = schema(act, segments, by_hand=True)
    wrong = problems(answer.data, bound) if bound else []
    if wrong:
        raise InvalidOutput(f"this is no act of the kind {act.produces!r}: {'; '.join(wrong[:3])}", raw=text)
    return read(act, answer, segments)


def _cases(act: ActDef, answer: Completion, segments: Sequence[Segment]) -> tuple[str, dict[str, Any]]:
    """A cut-off answer will do here: what was finished counts."""
    found = cases_in(code_in(answer.text), act.max_items)
    if not found.bodies:
        raise InvalidOutput("the answer holds no assert statement that is Python", raw=answer.text)
    if act.grounded:
        found = grounded(found, [segment.text for segment in segments])
    lines = [*found.bodies, *(f"# left out, as nothing states it: {body}" for body in found.left_out)]
    return "\n".join(lines), found.model_dump(mode="json")


def code_in(text: str) -> str:
    """Return the program in an answer: its longest fenced block that says Python or nothing, else its longest block.

    Raises:
        InvalidOutput: there is no fenced block.
    """
    blocks = [(match[2].lower(), match[3]) for match in _FENCE.finditer(text)]
    python = [code for language, code in blocks if language in {"", "py", "python", "python3"}]
    best = max(python or [code for _, code in blocks], key=len, default="")
    if not best.strip():
        raise InvalidOutput("the answer holds no program; put the whole file in one ```python block", raw=text)
    return best.rstrip() + "\n"


def _field(field: FieldDef) -> dict[str, Any]:
    described = {"description": field.description} if field.description else {}
    if field.enum:
        return {"enum": list(field.enum), **described}
    text = {"type": "string", "minLength": 1, "maxLength": field.max_length}
    if field.type == "string":
        return {**text, **described}
    if field.type == "list":
        return {"type": "array", "items": text, "minItems": 0, "maxItems": field.max_items, **described}
    return {"type": field.type, **described}
