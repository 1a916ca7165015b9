"""The models of a project: found by name, opened when first asked for, shared, and closed together."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path

from glasswork.definitions import (
    EmbeddedModel,
    ModelDef,
    ModelsDef,
    OpenAIModel,
    RandomModel,
    ReplayModel,
    ScriptedModel,
    VllmModel,
)
from glasswork.errors import ModelRefused, NotFound, UserError
from glasswork.models import catalogue
from glasswork.models.base import Model
from glasswork.models.replay import Answers

ONLY_MODEL = "*"
"""As the ``model`` of an OpenAI-compatible server: the only one it lists."""
AnswersOf = Callable[[str], Answers]
"""Reads the recorded answers of a run; given, because models know nothing of logs."""
OnLine = Callable[[str], None]


class Models:
    """Every model of a run.

    A name is, in this order: a name in ``models.yaml``; ``default``; a name in the catalogue; or one of ``random``,
    ``random:SEED``, ``scripted:FILE``, ``replay:RUN``, ``http(s)://HOST/v1`` with an optional ``#MODEL``, and a path
    that ends in ``.gguf``.
    """

    def __init__(
        self,
        definitions: ModelsDef | None,
        *,
        base_dir: Path,
        override: str | None = None,
        on_progress: OnLine | None = None,
        answers_of: AnswersOf | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            definitions: what ``models.yaml`` says, where there is one.
            base_dir: its folder, which paths in it are relative to; those in ``override`` are relative to the
                working directory.
            override: takes the place of every name that is asked for.
            on_progress: is given a line now and then while a server starts.
            answers_of: reads a run's recorded answers, for ``replay``.
        """
        self._definitions = definitions or ModelsDef(version=1)
        self._base_dir = base_dir
        self._override = override
        self._on_progress = on_progress
        self._answers_of = answers_of
        self._opened: dict[str, asyncio.Task[Model]] = {}

    def resolve(self, name: str = "default") -> ModelDef:
        """Return what ``name`` means.

        Raises:
            NotFound: nothing; the nearest known name is suggested.
        """
        name = self._effective(name)
        found = self._definitions.models.get(name) or _catalogued(name) or _spelt_out(name)
        if found is None:
            raise NotFound("model", name, self.names(), hint=_HINT)
        return found

    def names(self) -> list[str]:
        """Return every name that needs no further word, sorted."""
        return sorted({*self._definitions.models, *catalogue.CATALOGUE, "default", "random"})

    def describe(self, name: str = "default") -> str:
        """Say in one line what ``name`` means, without opening it.

        Raises:
            NotFound: nothing.
        """
        return f"{self._effective(name)}: {_describe(self.resolve(name))}"

    async def get(self, name: str = "default") -> Model:
        """Return the model called ``name``, opened at the first call and shared from then on.

        Raises:
            NotFound: no such model.
            GlassworkError: it could not be opened; the next call tries again.
        """
        definition, name = self.resolve(name), self._effective(name)
        task = self._opened.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._opened[name] = asyncio.create_task(self._open(definition, name))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Close every model, also when one fails to close; then raise the first failure. May be called twice."""
        tasks, self._opened = list(self._opened.values()), {}
        results = await asyncio.gather(*(_close(task) for task in tasks), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _effective(self, name: str) -> str:
        name = self._override or name
        return (self._definitions.default or catalogue.DEFAULT) if name == "default" else name

    async def _open(self, definition: ModelDef, name: str) -> Model:
        typed = self._override is not None and name not in self._definitions.models
        base_dir = Path.cwd() if typed else self._base_dir
        match definition:
            case EmbeddedModel():
                from glasswork.models.embedded import start_embedded

                return await start_embedded(definition, name=name, base_dir=base_dir, on_progress=self._on_progress)
            case VllmModel():
                from glasswork.models.vllm import start_vllm

                return await start_vllm(definition, name=name, on_progress=self._on_progress)
            case OpenAIModel():
                return await _connect(definition, name)
            case _:
                return self._double(definition, name, base_dir)

    def _double(self, definition: ScriptedModel | ReplayModel | RandomModel, name: str, base_dir: Path) -> Model:
        match definition:
            case ScriptedModel():
                from glasswork.models.scripted import load_scripted

                return load_scripted(base_dir / Path(definition.file).expanduser(), name=name)
            case RandomModel():
                from glasswork.models.random import RandomModel as Random

                return Random(definition.seed, name=name)
            case ReplayModel():
                from glasswork.models.replay import ReplayModel as Replay

                if self._answers_of is None:
                    raise UserError(f"{name}: a recorded run cannot be replayed here")
                return Replay(self._answers_of(definition.run), name=name)


_HINT = (
    "Also: random:SEED, scripted:FILE, replay:RUN, http://HOST/v1#MODEL, or a path that ends in .gguf; "
    "'glasswork models' lists the names."
)


async def _close(task: asyncio.Task[Model]) -> None:
    """Close what ``task`` opened; where it is still opening, have it give up."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and task.exception() is None:
        await task.result().aclose()


# --- names ----------------------------------------------------------------------------------------------------------


def _catalogued(name: str) -> ModelDef | None:
    return EmbeddedModel(kind="embedded", weights=name) if name in catalogue.CATALOGUE else None


def _spelt_out(name: str) -> ModelDef | None:
    """Read a name that says itself what it means."""
    kind, _, rest = name.partition(":")
    if kind == "random" and re.fullmatch(r"random(:\d+)?", name):
        return RandomModel(kind="random", seed=int(rest or 0))
    if kind == "scripted" and rest:
        return ScriptedModel(kind="scripted", file=rest)
    if kind == "replay" and rest:
        return ReplayModel(kind="replay", run=rest)
    if kind in ("http", "https") and rest:
        base_url, _, model = name.partition("#")
        return OpenAIModel(kind="openai", base_url=base_url, model=model or ONLY_MODEL)
    return EmbeddedModel(kind="embedded", weights=name) if name.endswith(".gguf") else None


def _describe(definition: ModelDef) -> str:
    match definition:
        case EmbeddedModel():
            slots = f"{definition.parallel} at once, {definition.context} tokens each"
            return f"llama.cpp on {definition.weights} ({_weights(definition.weights)}), {slots}"
        case VllmModel():
            return f"vLLM on {definition.model}, started and stopped by Glasswork"
        case OpenAIModel():
            model = "the only model" if definition.model == ONLY_MODEL else definition.model
            return f"{model} at {definition.base_url}"
        case ScriptedModel():
            return f"answers from {definition.file}"
        case ReplayModel():
            return f"answers from the run {definition.run}"
        case RandomModel():
            return f"random answers, seed {definition.seed}"


def _weights(weights: str) -> str:
    if weights not in catalogue.CATALOGUE:
        return "a file"
    entry = catalogue.CATALOGUE[weights]
    state = "pulled" if catalogue.weights_path(weights) else "not pulled"
    return f"{entry.bytes / 1e9:.2f} GB, {entry.licence}, {state}"


# --- servers that run already ---------------------------------------------------------------------------------------


async def _connect(definition: OpenAIModel, name: str) -> Model:
    from glasswork.models.openai import OpenAIServer

    key = _key(definition)
    model = definition.model
    if model == ONLY_MODEL:
        model = await _only_model(definition.base_url, key)
    return OpenAIServer(name=name, base_url=definition.base_url, model=model, api_key=key, context=definition.context)


def _key(definition: OpenAIModel) -> str | None:
    if definition.api_key_env is None:
        return None
    key = os.environ.get(definition.api_key_env)
    if not key:
        raise UserError(f"{definition.base_url} needs a key, and the variable {definition.api_key_env} is not set")
    return key


async def _only_model(base_url: str, key: str | None) -> str:
    """Return the one model that a server lists.

    Raises:
        ModelRefused: it lists none, or several.
        ModelError: it does not answer.
    """
    import openai

    from glasswork.models.failures import translate

    async with openai.AsyncOpenAI(base_url=base_url, api_key=key or "none", max_retries=0, timeout=10.0) as client:
        try:
            listed = sorted([model.id async for model in client.models.list()])
        except Exception as error:
            raise translate(error, base_url) from error
    if len(listed) != 1:
        found = f"{len(listed)} models: {', '.join(listed[:12])}" if listed else "no model"
        raise ModelRefused(f"{base_url} lists {found}", hint=f"Say which: {base_url}#MODEL")
    return listed[0]
