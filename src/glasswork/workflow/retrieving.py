"""A retrieve step: passages from an index, and, where that is asked for, what corrective retrieval makes of them.

What comes from outside (what an index or a second source found, what an evaluator weighed) is recorded as answers are,
so that a run that is run again needs no index. What follows from it by rule is decided anew each time, and each
decision leaves the four records: what was judged, which action that meant, what was kept and what was dropped, and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from glasswork.definitions import RetrieveStep, RetrieveUse
from glasswork.dispatch import Caller
from glasswork.dispatch.calls import digest_of, within
from glasswork.errors import UserError
from glasswork.knowledge.calibrate import fit_with_model, fit_without_model, read_fits
from glasswork.knowledge.correct import refine, strips_of
from glasswork.knowledge.evaluate import Action, Fit, features
from glasswork.knowledge.index import Index, searchable
from glasswork.knowledge.judging import PROMPT, judged
from glasswork.knowledge.keywords import keywords
from glasswork.knowledge.passages import Document, Passage
from glasswork.knowledge.sources import services, sources
from glasswork.places import decision_id
from glasswork.records import Ask
from glasswork.templates import Sourced
from glasswork.tools import Value
from glasswork.workflow.compiled import CompiledStep
from glasswork.workflow.dispatching import Lazy, Nobody
from glasswork.workflow.resources import Resources, Supply
from glasswork.workflow.ruled import Ruling

_OPTIONS: dict[Action, str] = {
    "correct": "correct: what was found answers it; refine it",
    "ambiguous": "ambiguous: what was found may answer it; refine it, and look elsewhere too",
    "incorrect": "incorrect: what was found does not answer it; drop it, and look elsewhere",
}
_NOWHERE_ELSE: dict[Action, str] = {
    "correct": _OPTIONS["correct"],
    "ambiguous": "ambiguous: what was found may answer it; refine it",
    "incorrect": "incorrect: what was found does not answer it; drop it",
}
"""The same, where there is no second source."""
_TOLD = frozenset(
    ("country", "jurisdiction", "identifier", "date", "publication_date", "last_updated", "status", "source", "author")
)
"""What of a document's front matter is handed on."""
_MOST_PLACES = 6
"""Decimal places of a score that are shown at most; it has no more."""
_KEYWORDS = 8
"""Words that a second source which is no index is asked with, at most."""


async def retrieve(
    resources: Resources,
    step: CompiledStep,
    query: str,
    index: str,
    *,
    server: str = "public",
    name: str,
    round_: int,
    ask: Ask | None,
    model: str,
) -> dict[str, Any]:
    """Find passages for a question; return the step's output.

    Args:
        resources: what the run's steps share.
        step: a retrieve step.
        query: what is asked.
        index: where, by name: an index, or a service.
        server: where a service is.
        name: the step's, in the run.
        round_: which round of it this is.
        ask: asks the model that judges, where one does.
        model: what the log calls it.

    Raises:
        UserError: there is no such index, or no evaluator was fitted for it.
        GlassworkError: the second source, or the model, did not answer.
    """
    assert isinstance(step.definition, RetrieveStep), "only questions are looked up"
    if not query.strip():
        raise UserError("the query is empty: what it refers to holds nothing")
    supply = resources.tools or Nobody(Path("media"))
    use = step.definition.retrieve
    if index in services() and use.correct != "no":
        raise UserError(f"what {index} finds cannot be judged: evaluators are fitted to an index", hint="correct: no")
    looking = _Looking(resources, step, use, supply, query, index, server, name, round_, ask, model)
    return await looking.output()


@dataclass
class _Looking:
    """One retrieval under way."""

    resources: Resources
    step: CompiledStep
    use: RetrieveUse
    supply: Supply
    query: str
    source: str
    """The index, or the service, by name."""
    server: str
    name: str
    round: int
    ask: Ask | None
    model: str
    dropped: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    """What the documents found say of themselves, in a line each."""
    turns: int = 0
    searched: list[str] = field(default_factory=list)
    """Where was looked, and how much was found there."""

    @property
    def place(self) -> str:
        return decision_id(self.name, self.round)

    @cached_property
    def index(self) -> Index:
        return self.supply.shelf.get(self.source)

    @cached_property
    def caller(self) -> Caller:
        return Caller(self.resources.record, self.supply.media, self.resources.past)

    async def output(self) -> dict[str, Any]:
        """Look, judge, refine, and look elsewhere, as far as each is due."""
        found = await self._found()
        if self.use.correct == "no":
            return self._handed_on(found, "none", -1.0)
        fit, action, scores = await self._judged(found)
        best = max(scores, default=-1.0)
        good = [one for one, score in zip(found, scores, strict=True) if score >= fit.lower]
        worth = [] if action == "incorrect" else good or found  # none is good where a person called it otherwise
        self.dropped += [f"{one.id}: the passage" for one in found if one not in worth]
        kept = list(await self._refined("refine", worth, fit)) if worth else []
        if action != "correct" and self.use.second is not None:
            others = await self._elsewhere()
            kept += await self._refined("refine elsewhere", others, fit) if others else ()
        return self._handed_on(kept, action, best)

    def _handed_on(self, kept: Sequence[Passage], action: str, score: float) -> dict[str, Any]:
        passages = [*kept] if self.use.best == "first" else [*reversed(kept)]
        texts = [Sourced(f"{one.label}\n{one.text}", one.id) for one in passages]
        return {
            "passages": texts,
            "ids": [one.id for one in passages],
            "documents": [self.facts.get(name, name) for name in dict.fromkeys(one.document for one in passages)],
            "text": "\n\n".join(f"[{one.id}] {text}" for one, text in zip(passages, texts, strict=True)),
            "found": len(passages),
            "action": action,
            "score": score,
            "dropped": list(self.dropped),
            "searched": f"{'; '.join(self.searched)}; {len(passages) or 'none'} handed on",
        }

    # --- what comes from outside ------------------------------------------------------------------------------------

    async def _found(self) -> list[Passage]:
        use = self.use
        if self.source in services():
            return await self._served()
        given: dict[str, JsonValue] = {"index": self.source, "query": self.query, "top": use.top, "by": use.by}

        async def made() -> Value:
            hits = await asyncio.to_thread(self.index.search, self.query, use.top, use.by)
            documents = {one.name: one for one in self.index.documents}
            facts = {name: _facts(documents[name]) for name in dict.fromkeys(hit.passage.document for hit in hits)}
            found: list[JsonValue] = [hit.model_dump(mode="json") for hit in hits]
            held: dict[str, JsonValue] = {"documents": len(documents), "passages": len(self.index.passages)}
            return {"index": self.index.digest, "holds": held, "hits": found, "documents": dict(facts)}

        value = await self._recorded("search", f"index {self.source}", given, made)
        self.facts |= value["documents"]
        held = ", ".join(_many(count, thing[:-1]) for thing, count in value["holds"].items())
        self.searched.append(f"the index {self.source} ({held}): {_many(len(value['hits']), 'passage')} found")
        return [Passage.model_validate(hit["passage"]) for hit in value["hits"]]

    async def _served(self) -> list[Passage]:
        """Ask a service."""
        given: dict[str, JsonValue] = {"server": self.server, "query": self.query, "top": self.use.top}

        async def made() -> Value:
            search = sources.get(self.source)(self.server, _Given(self.step, self.supply))
            return [one.model_dump(mode="json") for one in await search(self.query, self.use.top)]

        found = [Passage.model_validate(one) for one in await self._recorded("search", self.source, given, made)]
        self.facts |= {one.document: one.title for one in found}
        self.searched.append(f"{self.source}: {_many(len(found), 'passage')} found")
        return found

    async def _weighed(self, place: str, passages: Sequence[Passage]) -> tuple[Fit, list[float], list[list[float]]]:
        """Return the evaluator, and what it makes of passages and of their strips.

        Where a model judges passages, their scores here are those of the evaluator that weighs strips, which asks none.
        """
        model = self.model if self.use.correct == "model" else None
        pieces = strips_of(passages)
        given: dict[str, JsonValue] = {"query": self.query, "passages": [one.id for one in passages], "model": model}

        async def made() -> Value:
            return await asyncio.to_thread(weigh)

        def weigh() -> Value:
            plain = fit_without_model(self._fits(), self.index.language)
            fit = plain if model is None else fit_with_model(self._fits(), self.source, model)
            rows = features(self.index, self.query, [searchable(one) for one in passages])
            strips: list[JsonValue] = [[*plain.scores(features(self.index, self.query, texts))] for texts in pieces]
            return {"fit": fit.model_dump(mode="json"), "passages": [*plain.scores(rows)], "strips": strips}

        value = await self._recorded(place, f"evaluator of {self.source}", given, made)
        return Fit.model_validate(value["fit"]), value["passages"], value["strips"]

    async def _elsewhere(self) -> list[Passage]:
        """Ask the second source: another index with the question, all else with its keywords."""
        second = self.use.second
        assert second is not None, "somebody has looked"
        query = self.query if second.kind == "index" else await self._keywords()
        given: dict[str, JsonValue] = {"kind": second.kind, "name": second.name, "query": query, "top": self.use.top}
        tool = self.step.tools[0] if second.kind == "tool" and self.step.tools else None

        async def made() -> Value:
            search = sources.get(second.kind)(second.name, _Given(self.step, self.supply))
            return [one.model_dump(mode="json") for one in await search(query, self.use.top)]

        cost = tool.definition.cost if tool is not None else 0.0
        value = await self._recorded("second", f"{second.kind} {second.name}", given, made, cost=cost)
        self.searched.append(f"the {second.kind} {second.name}: {_many(len(value), 'passage')} found")
        return [Passage.model_validate(one) for one in value]

    async def _keywords(self) -> str:
        """Return the words of the question that name something."""
        given: dict[str, JsonValue] = {"query": self.query, "most": _KEYWORDS}

        async def made() -> Value:
            return keywords(self.index, self.query, _KEYWORDS)

        return str(await self._recorded("keywords", f"index {self.source}", given, made))

    async def _recorded(
        self,
        place: str,
        what: str,
        given: Mapping[str, JsonValue],
        make: Callable[[], Awaitable[Value]],
        *,
        cost: float = 0.0,
    ) -> Any:
        """Return an answer from outside, recorded; what a person can mend is told before anything is."""
        path, past = f"{self.place}/{place}", self.resources.past
        if past is None or past.called(path, digest_of(what, given), 1) is None:
            self._refuse_unusable()

        async def cleaned() -> Value:
            value: Value = self.supply.clean(await make())
            return value

        return await self.caller.answered(path, what, given, cleaned, gives="json", cost=cost)

    def _refuse_unusable(self) -> None:
        """Raise UserError where there is no such index, its evaluator cannot be used, or a service cannot be asked."""
        second, given = self.use.second, _Given(self.step, self.supply)
        if self.source in services():
            sources.get(self.source)(self.server, given)
        else:
            _ = self.index
        if second is not None and second.kind in services():
            sources.get(second.kind)(second.name, given)
        if self.use.correct != "no":
            fits = self._fits()
            if self.use.correct == "model":
                usable(fit_with_model(fits, self.source, self.model))

    def _fits(self) -> list[Fit]:
        return read_fits(self.supply.shelf, self.source)

    # --- what is decided --------------------------------------------------------------------------------------------

    def _ruling(self, stage: str, passages: Sequence[Passage]) -> Ruling:
        self.turns += 1
        told = [("query", self.query), *((one.id, f"{one.label}\n{one.text}") for one in passages)]
        model = self.model if stage == "judge" and self.use.correct == "model" else ""
        decision = decision_id(self.name, self.round, turn=self.turns)
        return Ruling(self.resources.record, decision, stage, told, model=model)

    async def _judged(self, found: Sequence[Passage]) -> tuple[Fit, Action, list[float]]:
        """Decide what is to be done with what was found."""
        fit, scores, _ = await self._weighed("weigh", found)
        ruling = self._ruling("judge", found)
        if fit.evaluator == "model":
            scores = await self._asked(ruling.decision, fit, found)
        actions, options = list(_OPTIONS), _OPTIONS if self.use.second is not None else _NOWHERE_ELSE
        forced = self.resources.fixed.get(ruling.decision)
        ruled = fit.action(scores)
        action = actions[ruling.choose(options.values(), actions.index(ruled), _why(fit, scores), forced)]
        data = {
            "action": action,
            "scores": {one.id: score for one, score in zip(found, scores, strict=True)},
            "upper": fit.upper,
            "lower": fit.lower,
            "evaluator": fit.name,
            "calibrated_on": fit.source,
        }
        ruling.act(action, data, "choice")
        ruling.explain(*_explained(fit, scores, ruled), confidence=fit.sure[ruled])
        return fit, action, list(scores)

    async def _asked(self, decision: str, fit: Fit, found: Sequence[Passage]) -> list[float]:
        """Have a model judge each passage."""
        import numpy as np

        assert self.ask is not None, "a step whose model judges has one"
        rows = [
            [await judged(self.ask, f"{decision}/judge/{number}", self.query, searchable(one), self.resources.seed)]
            for number, one in enumerate(found, start=1)
        ]
        return fit.scores(np.array(rows))

    async def _refined(self, stage: str, passages: Sequence[Passage], fit: Fit) -> tuple[Passage, ...]:
        """Decide which strips are handed on: of what was judged one at least, of a second source's perhaps none."""
        own = stage == "refine"
        _, _, scores = await self._weighed("weigh_strips" if own else "weigh_elsewhere", passages)
        done = refine(passages, scores, fit.strip, self.use.strips, least=1 if own else 0)
        kept, out = [one for one in done.strips if one.kept], [one for one in done.strips if not one.kept]
        ruling = self._ruling(stage, passages)
        always = ", and the best one always" if own else ""
        places = _places([one.score for one in done.strips], fit.strip)
        least = f"{fit.strip:+.{places}f}"
        rule = f"A strip is kept from {least} on; at most {self.use.strips} are{always}."
        ruling.choose([f"keep {len(kept)} of {len(done.strips)} strips"], 0, rule, None)
        told = [f"+ {one.score:+.{places}f} {one.passage} {one.text}" for one in kept]
        told += [f"- {one.score:+.{places}f} {one.passage} {one.text}" for one in out]
        ruling.act("\n".join(told), {"strip": fit.strip, "strips": [one.model_dump() for one in done.strips]}, "text")
        best = max(done.strips, key=lambda one: one.score)
        at = next(number for number, one in enumerate(passages, start=2) if one.id == best.passage)
        less = "" if kept else f"; that is less than {least}"
        why = f"Its strip {best.place + 1} scores {best.score:+.{places}f}, the most of all{less}."
        ruling.explain([(at, why)], f"the threshold of strips were not {least}", confidence=1.0)
        self.dropped += [f"{one.passage}: {one.text}" for one in out]
        return done.passages


class _Given:
    """What a second source is given."""

    def __init__(self, step: CompiledStep, supply: Supply) -> None:
        self._step, self._supply = step, supply

    def index(self, name: str) -> Index:
        """Return an index of the project."""
        return self._supply.shelf.get(name)

    async def call(self, tool: str, query: str) -> Any:
        """Call the tool model that the step names."""
        found = next((one for one in self._step.tools if one.name == tool), None)
        if found is None:
            raise UserError(f"this step has no tool {tool!r}")
        lazy = Lazy(found, self._supply)
        (name,) = lazy.spec.required
        return await within(lazy.call({name: query}), lazy.spec.timeout, tool)


def usable(fit: Fit) -> None:
    """Raise UserError where a model was calibrated on other words than it would be asked in."""
    if fit.evaluator == "model" and fit.prompt != PROMPT:
        raise UserError(
            f"the evaluator {fit.name!r} was calibrated with other words than this version asks in",
            hint=f"fit it anew: glasswork calibrate --model {fit.model}",
        )


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'s' * (count != 1)}"


def _places(values: Sequence[float], *bounds: float) -> int:
    """Return how many decimal places show on which side of a bound each value is: two, or as many more as it takes."""

    def shows(places: int) -> bool:
        pairs = ((value, bound) for bound in bounds for value in (*values, *bounds))
        return all((value == bound) == (f"{value:.{places}f}" == f"{bound:.{places}f}") for value, bound in pairs)

    return next((places for places in range(2, _MOST_PLACES) if shows(places)), _MOST_PLACES)


def _why(fit: Fit, scores: Sequence[float]) -> str:
    places = _places(scores, fit.upper, fit.lower)
    found = ", ".join(f"{score:+.{places}f}" for score in scores) or "nothing was found"
    return (
        f"Scores by the evaluator {fit.name}, fitted to {fit.source}: {found}. One of {fit.upper:+.{places}f} or more: "
        f"correct; else one of {fit.lower:+.{places}f} or more: ambiguous; else incorrect."
    )


def _explained(fit: Fit, scores: Sequence[float], action: Action) -> tuple[list[tuple[int, str]], str]:
    """Return reasons, by the number of a segment, and what would have changed the action."""
    if not scores:
        return [(1, "Nothing was found for it.")], "something were found"
    highest, places = max(scores), _places(scores, fit.upper, fit.lower)
    upper, lower = f"{fit.upper:+.{places}f}", f"{fit.lower:+.{places}f}"
    number = 2 + list(scores).index(highest)
    bounds = {
        "correct": (f"{upper} or more", f"the best score were below {upper}"),
        "ambiguous": (
            f"{lower} or more, and less than {upper}",
            f"the best score were below {lower}, or {upper} or more",
        ),
        "incorrect": (f"less than {lower}", f"the best score were {lower} or more"),
    }
    is_, changed = bounds[action]
    return [(number, f"It scores {highest:+.{places}f}, the most of all; that is {is_}.")], changed


def _facts(document: Document) -> str:
    """Return what a document says of itself in front matter: jurisdiction, dates, status, where it is from."""
    told = [f"{name}: {value}" for name, value in document.facts.items() if name in _TOLD]
    return "; ".join([document.title, *told])
