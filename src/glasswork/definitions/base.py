"""What all definition files are made of: strict frozen models, names, durations."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

NAME = r"^[a-z][a-z0-9_]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
"""Lower-case letters, digits and underscores, a letter first: usable in a template, a file name and a Python name."""
ShortText = Annotated[str, Field(min_length=1, max_length=20_000)]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(value: object) -> object:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", value.strip())
        if match is None:
            raise ValueError("expected a duration such as 500ms, 90s, 2m or 1h")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Duration = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=float | str), Field(gt=0, le=86_400)]
"""Seconds: a number, or a number with a unit (``500ms``, ``90s``, ``2m``, ``1h``)."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple, json_schema_input_type=Name | list[Name])]
"""One name or a list of names."""


class Definition(BaseModel):
    """The base of everything a user writes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, data: Any) -> Any:
        """YAML has lists where records have tuples; strict mode would refuse them."""
        if isinstance(data, dict):
            return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return data
