"""From plain data to a checked definition, or to every problem in it at once, each at its line and column."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from glasswork.definitions import STEP_KINDS
from glasswork.errors import DefinitionError, Problem, did_you_mean
from glasswork.library.tree import Keys, Tree
from glasswork.library.wording import short, words

D = TypeVar("D", bound=BaseModel)


def validate(model: type[D], tree: Tree) -> D:
    """Return the definition that a tree holds.

    Raises:
        DefinitionError: every problem, in words that speak of the file and not of the code.
    """
    try:
        return model.model_validate(tree.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    raise DefinitionError([_problem(model, tree, detail) for detail in details])


def _problem(model: type[BaseModel], tree: Tree, detail: ErrorDetails) -> Problem:
    keys, owner = locate(model, detail["loc"])
    kind = detail["type"]
    if kind == "missing":
        return tree.problem(keys[:-1], f"'{keys[-1]}' is missing")
    if kind == "extra_forbidden":
        return tree.problem(
            keys, f"unknown key '{short(str(keys[-1]))}'{did_you_mean(str(keys[-1]), known_keys(owner))}"
        )
    if kind == "step_kind":
        return tree.problem(keys, _step_kind(detail["input"], detail["msg"]))
    at_key = detail["loc"][-1:] == ("[key]",) or not keys or isinstance(detail["input"], Mapping)
    return tree.problem(keys, words(detail), at_value=not at_key)


def _step_kind(step: object, message: str) -> str:
    if not isinstance(step, Mapping):
        return words({"type": "model_type", "input": step, "loc": (), "msg": ""})
    given = [key for key in STEP_KINDS if key in step]
    if given:
        return f"{message}; this one has {' and '.join(repr(key) for key in given)}"
    hints = (did_you_mean(key, STEP_KINDS) for key in step)
    return message + next((hint for hint in hints if hint.startswith("; did")), "")


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys a file may use for a model: its fields, by alias where they have one."""
    return [field.alias or name for name, field in model.model_fields.items()]


def locate(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[Keys, type[BaseModel]]:
    """Return the path in the file for an error's location, and the model that the last part stands in.

    The location also names the chosen member of each union on its way; those parts are left out.
    """
    annotation: Any = model
    owner, keys = model, []
    for part in loc:
        if part == "[key]":
            break
        annotation = _plain(annotation)
        member = _member(annotation, part)
        if member is not None:
            annotation = member
            continue
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            owner = annotation
        keys.append(part)
        annotation = _below(annotation, part)
    return tuple(keys), owner


def _plain(annotation: Any) -> Any:
    """Strip ``Annotated`` and ``| None``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in {Union, UnionType}:
            members = [member for member in get_args(annotation) if member is not NoneType]
            if len(members) == 1:
                annotation = members[0]
                continue
        return annotation


def _member(annotation: Any, part: int | str) -> Any:
    """Return the member of a union of models that goes by the tag ``part``, if this is such a union."""
    if get_origin(annotation) not in {Union, UnionType}:
        return None
    for member in get_args(annotation):
        tags = [extra.tag for extra in get_args(member)[1:] if isinstance(extra, Tag)]
        model = _plain(member)
        if isinstance(model, type) and issubclass(model, BaseModel):
            tags += [tag for field in model.model_fields.values() if get_origin(field.annotation) is Literal
                     for tag in get_args(field.annotation)]  # fmt: skip
        if part in tags:
            return model
    return None


def _below(annotation: Any, part: int | str) -> Any:
    """Return the type of one field, entry or item."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in {name, field.alias}:
                return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        return Any
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    return get_args(annotation)[0] if get_origin(annotation) is tuple else Any
