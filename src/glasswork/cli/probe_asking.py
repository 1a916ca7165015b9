"""The work of ``glasswork probe``: who decides about what, what that takes, and the real agent deciding."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from glasswork.agent import Fixed, Situation, StagedAgent
from glasswork.cli import say
from glasswork.cli.cleaned import CleanModel
from glasswork.cli.load import logs_folder, open_models
from glasswork.definitions import ActDef, AgentDef, RetryDef
from glasswork.errors import NotFound, UserError
from glasswork.explain.case import Case, CaseOption
from glasswork.explain.probe import Plant, Planting, Scene, Sitting, probe, probed, same_words
from glasswork.records import DecisionStarted, Explained, ModelAnswered, Planned
from glasswork.view.probe import Probed
from glasswork.workflow.decision_cost import decision_cost
from glasswork.workflow.trials import Meter

if TYPE_CHECKING:
    from glasswork.definitions import RoleDef
    from glasswork.library import Found, Library
    from glasswork.models.pool import Models
    from glasswork.records import Ask, Event

TIMEOUT = 600.0
"""Seconds for one question, all attempts together: a step's default."""
AT_ONCE = 16
"""Situations under way at a server that does not say how many requests it serves at once."""
MOST = 12
"""Situations that are probed where nobody says how many."""
MOST_OPTIONS = 26
"""Options that a choice can be made from: one a letter."""
UNREAD = 1
"""Explanations in a situation that are not asked for: of what was chosen before anything was planted."""
ACTED = "Done as decided."
"""Stands for an act that was not made."""


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    model: str | None = None
    cases: Path | None = None
    run: str | None = None
    situations: int | None = None
    plant: Path | None = None
    at: int | None = None
    """From 1."""
    act: bool = False
    seed: int = 0
    parallel: int | None = None
    logs: Path | None = None


@dataclass
class Task:
    """An agent to be probed, and what is known of it so far."""

    agent: Found[AgentDef]
    role: RoleDef
    library: Library
    scenes: Sequence[Scene]
    source: str
    """Where the situations came from, in words."""
    plant: Plant
    wish: Wish
    done: dict[int, Planting | None] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    seconds: float = 0.0
    stopped: str = ""
    served: str = ""
    """How the model calls itself; before it is open, its name."""

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        return self.wish.model or self.agent.definition.model

    def calls(self, scene: Scene) -> int:
        """Return how many calls a situation takes if all goes well."""
        definition = fitted(self.agent.definition, scene.options, act=self.wish.act)
        return 3 * (decision_cost(definition).calls - (0 if self.wish.act else 1)) - UNREAD

    def options(self, scene: Scene) -> str:
        """Say what can be chosen in a situation."""
        fixed = fitted(self.agent.definition, scene.options, act=self.wish.act).plan.choose_from
        return f"{len(fixed)} options" if fixed else "the agent names its options"

    def announcement(self) -> str:
        """Say what it will take."""
        calls = [self.calls(scene) for scene in self.scenes]
        each = f"{min(calls)}" if min(calls) == max(calls) else f"{min(calls)} to {max(calls)}"
        what = f"{self.agent.name} on {self.served}: {self.source}, three decisions in each"
        return f"{what}: about {sum(calls):,} calls ({each} a situation)"

    async def work(self) -> None:
        """Probe every situation; each stands in ``done`` as soon as it is done.

        Raises:
            GlassworkError: the model cannot be opened, or gave no usable answer.
        """
        begun, models = time.monotonic(), await self._opened()
        try:
            prober = Prober(self, await self._ask(models))
            takes: int = getattr(models.resolve(self.model), "parallel", AT_ONCE)
            most = self.wish.parallel or takes
            at = None if self.wish.at is None else self.wish.at - 1
            await probe(prober, self.scenes, plant=self.plant, at=at, parallel=most, told=self._told)
        finally:
            self.seconds = round(time.monotonic() - begun, 1)
            await models.aclose()

    def found(self, limit: float | None) -> Probed:
        """Return what is known."""
        done = [one for _, one in sorted(self.done.items())]
        return Probed(
            agent=self.agent.name,
            model=self.served,
            source=self.source,
            wanted=len(self.scenes),
            plant=self.plant,
            probe=probed([one for one in done if one is not None], skipped=done.count(None)),
            acts=self.wish.act,
            calls=self.meter.calls,
            tokens=self.meter.usage.total,
            seconds=self.seconds,
            stopped=self.stopped,
            limit=limit,
        )

    def _told(self, turn: int, one: Planting | None) -> None:
        self.done[turn] = one
        say.note(f"  {len(self.done)} of {len(self.scenes)}: {self.scenes[turn].name}")

    async def _opened(self) -> Models:
        with say.waiting() as tell:
            models = open_models(self.library, override=self.wish.model, logs=self.wish.logs, tell=tell)
            try:
                self.served = (await models.get(self.model)).name
            except BaseException:
                await models.aclose()
                raise
        return models

    async def _ask(self, models: Models) -> Ask:
        from glasswork.cli.session import cleaner, redactor_here
        from glasswork.models.wrap import asking

        model = CleanModel(await models.get(self.model), cleaner(redactor_here()))
        return asking(model, retry=RetryDef(), timeout=TIMEOUT, record=self._count)

    def _count(self, event: Event) -> None:
        if isinstance(event, ModelAnswered):
            self.meter.calls += 1
            self.meter.usage += event.completion.usage
        else:
            self.meter.failed += 1


class Prober:
    """Has the real agent decide, all three stages; its events go nowhere."""

    def __init__(self, task: Task, ask: Ask) -> None:
        self._task = task
        self._ask = ask

    async def __call__(self, sitting: Sitting) -> Case:
        """Decide, and return the decision as a case; what nothing was planted into is not explained.

        All three decisions about a situation have one place, and so one seed: only what is planted differs. Models are
        asked at that place behind the name of the variant.
        """
        task = self._task
        events: list[Event] = []
        step = f"situation_{task.scenes.index(sitting.scene) + 1}"
        decision = f"{step}#1"
        agent = StagedAgent(
            task.agent.name,
            fitted(task.agent.definition, sitting.scene.options, act=task.wish.act),
            task.role,
            ask=lambda place, request: self._ask(f"{sitting.variant}/{place}", request),
            record=events.append,
            model=task.served,
            fixed={} if task.wish.act else {decision: Fixed(act=ACTED)},
        )
        act = await agent.decide(Situation(decision, step, sitting.segments, task.wish.seed))
        if sitting.variant == "bare":
            act.explained.cancel()
            await asyncio.wait([act.explained])
        else:
            await act.explained
        return _case(sitting, events)


def fitted(definition: AgentDef, options: Sequence[str], *, act: bool) -> AgentDef:
    """Return an agent's definition with a situation's options, and with a plain act where none is to be made."""
    plan = definition.plan.model_copy(update={"choose_from": tuple(options)}) if options else definition.plan
    return definition.model_copy(update={"plan": plan, "act": definition.act if act else ActDef()})


def _case(sitting: Sitting, events: Sequence[Event]) -> Case:
    planned = next(event for event in events if isinstance(event, Planned))
    explained = next((event for event in events if isinstance(event, Explained)), None)
    because = explained.because if explained else ()
    return Case(
        id=sitting.scene.name,
        segments=sitting.segments,
        options=tuple(
            CaseOption(label=one.label, text=one.text, probability=one.probability) for one in planned.options
        ),
        choice=planned.choice,
        cited=tuple(dict.fromkeys(one.segment for one in because)),
        thinking="\n".join(filter(None, [planned.reasoning, planned.thinking])),
        explanation="\n".join([*(one.why for one in because), explained.would_change_if if explained else ""]),
    )


# --- what is to be probed -------------------------------------------------------------------------------------------


def task_of(agent: str, wish: Wish) -> Task:
    """Find the agent, the situations and what is to be planted.

    Raises:
        UserError: one of them cannot be found or used.
    """
    found, library = _agent(agent)
    role = library.role(found.definition.role).definition
    models = open_models(library, override=wish.model, logs=wish.logs)
    served = models.describe(wish.model or found.definition.model).partition(": ")[0]
    plant = _plant(wish.plant) if wish.plant else Plant()
    scenes, where = _scenes(found.name, wish)
    drawn = _drawn(scenes, wish)
    count = f"{len(drawn)}" if len(drawn) == len(scenes) else f"{len(drawn)} of {len(scenes)}"
    return Task(found, role, library, _clean(drawn), f"{count} situations {where}", plant, wish, served=served)


def _agent(name: str) -> tuple[Found[AgentDef], Library]:
    """Return an agent by name, or by the path of a YAML file; then with the library around it."""
    from glasswork.library import Library, load

    if not name.endswith((".yaml", ".yml")):
        library = Library.discover()
        return library.agent(name), library
    path = Path(name)
    if not path.exists():
        raise NotFound("agent file", name, hint="give an agent's name, or the path of a file that exists")
    return load(path, AgentDef, kind="agent"), Library.discover(path.absolute().parent)


def _plant(path: Path) -> Plant:
    """Read what is planted: YAML, and so JSON too. Raises DefinitionError."""
    from glasswork.library import read_yaml, validate
    from glasswork.library.files import decode, read_bytes, shown

    return validate(Plant, read_yaml(decode(read_bytes(path), shown(path)), shown(path)))


def _scenes(agent: str, wish: Wish) -> tuple[list[Scene], str]:
    """Return the situations that there are, and where they came from."""
    if wish.cases is not None:
        return _of_cases(wish.cases), f"of {wish.cases.name}"
    if wish.run is not None:
        return _of_run(agent, wish.run, logs_folder(wish.logs))
    from glasswork.explain.situations import SITUATIONS

    return list(SITUATIONS), "that come with Glasswork"


def _of_cases(path: Path) -> list[Scene]:
    from glasswork.explain.from_log import load_cases

    scenes = list[Scene]()
    for number, case in enumerate(load_cases(path), 1):
        name, options = case.id or f"case {number}", tuple(option.text for option in case.options)
        different = len({same_words(option) for option in options})
        if different < 2:
            raise UserError(f"{path}: {name} has one option only, so there is nothing to flip to")
        if different < len(options):
            raise UserError(f"{path}: {name} has the same option twice")
        if len(options) > MOST_OPTIONS:
            raise UserError(f"{path}: {name} has {len(options)} options; {MOST_OPTIONS} at most can be chosen from")
        scenes.append(Scene(name=name, segments=case.segments, options=options))
    return scenes


def _of_run(agent: str, run: str, logs: Path) -> tuple[list[Scene], str]:
    """Return what an agent had before it in a run; of a decision that was begun twice, the later time."""
    from glasswork.cli.continuing import recorded

    found = recorded(logs, run)
    begun = {entry.event.decision: entry.event for entry in found.entries if isinstance(entry.event, DecisionStarted)}
    scenes = [
        Scene(name=decision, segments=event.segments)
        for decision, event in begun.items()
        if event.agent == agent and event.segments
    ]
    if not scenes:
        raise NotFound("agent with decisions in this run", agent, {event.agent for event in begun.values()})
    return scenes, f"of {found.folder.name}"


def _drawn(scenes: list[Scene], wish: Wish) -> list[Scene]:
    """Return as many situations as are wanted, drawn by the seed, in their own order.

    Raises:
        UserError: there are not so many.
    """
    wanted = wish.situations or min(MOST, len(scenes))
    if wanted > len(scenes):
        raise UserError(f"--situations {wanted}: there are {len(scenes)}")
    places = random.Random(wish.seed).sample(range(len(scenes)), wanted)  # noqa: S311 - a draw that can be repeated
    return [scenes[place] for place in sorted(places)]


def _clean(scenes: Sequence[Scene]) -> list[Scene]:
    """Take the secrets of this environment out of what models will be shown."""
    from glasswork.cli.session import cleaner, redactor_here

    clean = cleaner(redactor_here())
    return [Scene.model_validate(clean(scene.model_dump(mode="json"))) for scene in scenes]
