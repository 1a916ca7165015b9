"""A baseline without sense: random words, a random instance of the schema, a nearly uniform draw of labels."""

from __future__ import annotations

import json
import math
import random
from typing import Any

from glasswork.errors import ModelRefused
from glasswork.models import estimate
from glasswork.models.base import OnText
from glasswork.models.schema import inline
from glasswork.models.stop import before_stop
from glasswork.records import Completion, Request

_WORDS = """
able above after air all also any are back before book call can city come day door down each end every far
find first for from game give good green hand has hear high home house into keep kind know large last late
leave letter light line list long look made many mark may mean more most move much name near need never new
next night north not now number off often old one only open other our out over own page paper part place plan
play point put quick rain read red right river road room round run same
""".split()  # noqa: SIM905 - a list of literals would fill a page


class RandomModel:
    """Answers at random, alike whenever seed, place and request are alike, and always in the asked form."""

    context: int | None = None

    def __init__(self, seed: int = 0, *, name: str = "random") -> None:
        """``seed`` sets the whole behaviour."""
        self.name = name
        self._seed = seed

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Answer ``request`` without reading it.

        Raises:
            ModelRefused: the schema asks for text of a pattern, which cannot be made up.
        """
        draw = random.Random(f"{self._seed} {place} {request.digest()}")  # noqa: S311 - repeatable by intent
        text = words(draw, draw.randint(5, max(6, min(60, request.max_tokens))))
        fields: dict[str, Any] = {"text": before_stop(text, request.stop)}
        if request.form == "json":
            data = instance(request.json_schema or {}, draw)
            fields = {"text": json.dumps(data), "data": data, "obtained": "constrained"}
        elif request.form == "label":
            fields = _label(request, draw)
        elif on_text is not None:
            on_text(fields["text"])
        return Completion(model=self.name, usage=estimate.usage(request.messages, fields["text"]), **fields)

    async def aclose(self) -> None:
        """Hold nothing, free nothing."""


def _label(request: Request, draw: random.Random) -> dict[str, Any]:
    weights = [draw.uniform(0.5, 1.5) for _ in request.labels]
    logprobs = {label: math.log(w / sum(weights)) for label, w in zip(request.labels, weights, strict=True)}
    likeliest = max(logprobs, key=lambda label: logprobs[label])
    floor = min(logprobs.values())
    return {"text": likeliest, "logprobs": logprobs, "logprob_floor": floor, "obtained": "constrained"}


def words(draw: random.Random, count: int) -> str:
    """Draw a sentence of ``count`` words."""
    return " ".join(draw.choice(_WORDS) for _ in range(count)).capitalize() + "."


def instance(schema: dict[str, Any], draw: random.Random) -> Any:
    """Draw a valid instance of a schema (of the part of JSON Schema in :mod:`glasswork.models.schema`).

    Raises:
        ModelRefused: the schema asks for text of a pattern.
    """
    schema = inline(schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw.choice(schema["enum"])
    if "anyOf" in schema:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return instance(rest | draw.choice(schema["anyOf"]), draw)
    kind = schema.get("type", "string")
    return _DRAWN[kind if isinstance(kind, str) else draw.choice(kind)](schema, draw)


def _object(schema: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    required = schema.get("required", ())
    known: dict[str, Any] = schema.get("properties", {})
    return {key: instance(one, draw) for key, one in known.items() if key in required or draw.random() < 0.5}


def _array(schema: dict[str, Any], draw: random.Random) -> list[Any]:
    least = schema.get("minItems", 0)
    count = draw.randint(least, min(schema.get("maxItems", least + 3), least + 3))
    return [instance(schema.get("items", {}), draw) for _ in range(count)]


def _string(schema: dict[str, Any], draw: random.Random) -> str:
    if "pattern" in schema:
        raise ModelRefused(f"the random model cannot make up a text that matches {schema['pattern']}")
    least = schema.get("minLength", 0)
    text = words(draw, draw.randint(1, 8))
    while len(text) < least:
        text += " " + words(draw, 8)
    return text[: schema.get("maxLength", len(text))]


def _integer(schema: dict[str, Any], draw: random.Random) -> int:
    low = math.ceil(schema.get("minimum", min(0, schema.get("maximum", 0) - 100)))
    return draw.randint(low, math.floor(schema.get("maximum", low + 100)))


def _number(schema: dict[str, Any], draw: random.Random) -> float:
    low: float = schema.get("minimum", min(0.0, schema.get("maximum", 0.0) - 1.0))
    high: float = schema.get("maximum", low + 1.0)
    return min(high, max(low, round(draw.uniform(low, high), 3)))


_DRAWN: dict[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _, draw: draw.random() < 0.5,
    "null": lambda _, __: None,
}
