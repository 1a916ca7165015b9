"""A small game of werewolf, written by hand: five players, two nights, thoughts beside what was said."""

from __future__ import annotations

from glasswork.places import decision_id
from glasswork.records import (
    Acted,
    Because,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    MatchFinished,
    MatchStarted,
    Option,
    Planned,
    RunFinished,
    RunStarted,
    Segment,
    StepFinished,
    StepStarted,
    TableHappened,
    Weighed,
)

NAMES = ("Ada", "Bo", "Cyd", "Dan", "Eve")
CARDS = {"Ada": "werewolf", "Bo": "seer", "Cyd": "villager", "Dan": "doctor", "Eve": "villager"}
MODEL = "qwen2.5-coder-1.5b"
RULES = {
    "kind": "werewolf",
    "name": "small_5",
    "roles": {"werewolf": 1, "seer": 1, "doctor": 1, "villager": 2},
}


class Made:
    """Writes the events of a game, one call a happening."""

    def __init__(self, match: int = 0, people: tuple[str, ...] = (), step: str = "table"):
        self.events: list[Event] = []
        self.match, self.step, self.people = match, step, people
        self.number, self.day, self.phase = 0, 1, "setup"
        self.made = dict.fromkeys(NAMES, 0)
        kinds = tuple("human" if name in people else f"agent player on {MODEL}" for name in NAMES)
        self.events.append(
            MatchStarted(step=step, match=match, players=NAMES, kinds=kinds, rules=RULES, seed=7, repetition=1)
        )

    def happen(self, what, by="", to="", seen_by=None, decision="", **more):
        self.number += 1
        self.events.append(
            TableHappened(
                step=self.step,
                match=self.match,
                number=self.number,
                day=self.day,
                phase=self.phase,
                what=what,
                by=by,
                to=to,
                seen_by=seen_by,
                decision=decision,
                **more,
            )
        )

    def decide(self, by, options, thinking="", because=(), beliefs=(), act="", explained=True):  # noqa: PLR0917
        """Write a decision of an agent, or the question to a person; return its name."""
        self.made[by] += 1
        name = decision_id(self.step, self.made[by], item=self.match, turn=NAMES.index(by) + 1)
        act = act or options[0][0]
        if by in self.people:
            self.events += self._asked(name, f"What do you do, {by}? {thinking}", options, act)
            return name
        self.events.append(self._started(name, by))
        self.events += [self._believed(name, by, about, share) for about, share in beliefs]
        weighed = tuple(Option(label="ABCDEFGH"[n], text=text, probability=p) for n, (text, p) in enumerate(options))
        self.events += [
            Planned(decision=name, thinking=thinking, options=weighed, choice="A", order_consistency=1.0, orders=2),
            Acted(decision=name, produces="text", text=act),
        ]
        reasons = tuple(Because(segment=segment, why=why) for segment, why in because)
        done = Explained(
            decision=name, reader="a spectator", because=reasons, confidence=0.7, would_change_if="if Bo were silent"
        )
        self.events += [done] if explained else []
        return name

    def _asked(self, name, question, options, act) -> list[Event]:
        about = {"step": self.step, "question": question, "decision": name}
        return [
            HumanAsked(**about, options=tuple(text for text, _ in options)),
            HumanAnswered(**about, approved=True, choice=act),
        ]

    def _started(self, name, by) -> Event:
        said = "Cyd says: I have nothing to hide, and nothing to tell you either, my dear friends."
        texts = [
            ("werewolf.rules", "The village wins when no werewolf lives."),
            ("werewolf.you", f"You are {by}. Your card: {CARDS[by]}."),
            ("werewolf.day_1.spoke", said),
        ]
        segments = [Segment(id=f"s{n}", source=source, text=text) for n, (source, text) in enumerate(texts, start=1)]
        about = {"agent": "player", "role": "player", "model": MODEL, "strategy": "direct"}
        return DecisionStarted(decision=name, step=self.step, segments=tuple(segments), **about)

    def _believed(self, name, by, about, share) -> Event:
        options = (
            Option(label="A", text="werewolf", probability=share),
            Option(label="B", text="not a werewolf", probability=1 - share),
        )
        return Weighed(
            step=self.step,
            match=self.match,
            place=f"{name}/belief/{about}",
            by=by,
            question="belief",
            about=about,
            options=options,
            order_consistency=1.0,
            orders=2,
            after=self.number,
        )

    def at(self, day, phase):
        self.day, self.phase = day, phase


def game(match: int = 0, people: tuple[str, ...] = (), step: str = "table") -> list[Event]:
    """Return a whole game: Cyd dies, Ada is found out and exiled."""
    made = Made(match, people, step)
    for name, card in CARDS.items():
        made.happen("dealt", to=name, card=card, seen_by=(name,))
    made.happen("pack", names=("Ada",), seen_by=("Ada",))
    night(made)
    talk(made)
    vote(made)
    made.at(1, "end")
    made.happen("won", text="village", names=("Bo", "Cyd", "Dan", "Eve"))
    for name, card in CARDS.items():
        made.happen("unmasked", to=name, card=card)
    made.events.append(MatchFinished(step=step, match=match, scores=(0.0, 1.0, 1.0, 1.0, 1.0), ended="village"))
    return made.events


def night(made: Made) -> None:
    """Ada attacks Cyd, Dan protects himself, Bo looks at Ada."""
    made.at(1, "night")
    made.happen("night")
    whom = [("Cyd", 0.5), ("Bo", 0.3), ("Eve", 0.2)]
    kill = made.decide("Ada", whom, "Cyd looks dangerous.", [("s2", "I am the werewolf")])
    whom = [("Dan", 0.6), ("Bo", 0.4)]
    save = made.decide("Dan", whom, "I do not know anybody yet.", [("s2", "I am the doctor")])
    whom = [("Ada", 0.4), ("Cyd", 0.35), ("Eve", 0.25)]
    look = made.decide("Bo", whom, "", [("s1", "a werewolf must be found")])
    made.happen("proposed", "Ada", "Cyd", ("Ada",), kill)
    made.happen("attacked", to="Cyd", seen_by=("Ada",))
    made.happen("protected", "Dan", "Dan", ("Dan",), save)
    made.happen("inspected", "Bo", "Ada", ("Bo",), look, card="werewolf")


def talk(made: Made) -> None:
    """Bo tells, Ada lies, Dan says little, Eve nothing."""
    made.at(1, "day")
    made.happen("morning")
    made.happen("died", to="Cyd")
    made.happen("revealed", to="Cyd", card="villager")
    said = "I am the seer. In the night I looked at Ada, and she is a werewolf."
    wants = [("say what you found out in the night", 0.72), ("say little, and watch the others", 0.28)]
    why = [("s3", "Cyd is dead, so time is short")]
    claim = made.decide("Bo", wants, "Nobody will believe me later if I wait.", why, act=said)
    made.happen("spoke", "Bo", decision=claim, text=said)
    said = (
        "That is a lie! I am the doctor, and I protected myself. Bo wants to get rid of me, and whoever wants to get rid "
        "of the doctor on the very first day is the werewolf we are looking for."
    )
    wants = [("accuse Bo of being a werewolf", 0.81), ("say that you are the doctor", 0.19)]
    why = [("s2", "I am the werewolf"), ("s3", "Bo speaks against me")]
    lie = made.decide("Ada", wants, "I must turn this around, or I am lost.", why, act=said)
    made.happen("spoke", "Ada", decision=lie, text=said)
    wants = [("say little, and watch the others", 0.9), ("speak up for somebody", 0.1)]
    silent = made.decide("Dan", wants, act="I am listening.")
    made.happen("spoke", "Dan", decision=silent, text="I am listening.")
    made.happen("kept_silent", "Eve")


def vote(made: Made) -> None:
    """Three votes against Ada, one against Bo."""
    ballots = {"Ada": "Bo", "Bo": "Ada", "Dan": "Ada", "Eve": "Ada"}
    decided = {}
    for by, to in ballots.items():
        options = [(to, 0.66), ("Eve" if by != "Eve" else "Dan", 0.34)]
        beliefs = [(other, 0.62 if other == to else 0.2) for other in NAMES if other not in {by, "Cyd"}]
        decided[by] = made.decide(by, options, "", [("s3", f"{to} talks too much")], beliefs)
    for by, to in ballots.items():
        made.happen("voted", by, to, decision=decided[by])
    made.happen("counted", counts={"Ada": 3, "Bo": 1})
    made.happen("exiled", to="Ada")
    made.happen("revealed", to="Ada", card="werewolf")


def run(events: list[Event], *, ended: bool = True, step: str = "table") -> list[Event]:
    """Return a whole run around a game."""
    begin: list[Event] = [
        RunStarted(run="r", workflow="werewolf", model=MODEL, seed=7),
        StepStarted(step=step, kind="werewolf"),
    ]
    end: list[Event] = [
        StepFinished(step=step, state="done", seconds=93.0, output={"winner": "village"}),
        RunFinished(state="done", events=1),
    ]
    return begin + events + (end if ended else [])
