"""Decisions that a rule takes: they leave the same four records as those of an agent, and a model is asked nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import Any

from glasswork.agent import Fixed
from glasswork.errors import UserError
from glasswork.places import step_of
from glasswork.records import Acted, Because, DecisionStarted, Explained, Option, Planned, Recorder, Segment

AGENT = "retriever"
"""What the log calls whoever takes these decisions."""


class Ruling:
    """One decision of a rule, recorded stage by stage."""

    def __init__(
        self,
        record: Recorder,
        decision: str,
        stage: str,
        told: Sequence[tuple[str, str]],
        *,
        model: str = "",
    ) -> None:
        """Record what the rule has before it.

        Args:
            record: takes each event.
            decision: its id.
            stage: what it decides about.
            told: pairs of source and text, which become the segments.
            model: whose numbers it goes by, where a model was asked for them.
        """
        self.decision = decision
        self._record = record
        self._segments = tuple(
            Segment(id=f"s{number}", source=source, text=text) for number, (source, text) in enumerate(told, start=1)
        )
        record(
            DecisionStarted(
                decision=decision,
                step=step_of(decision),
                agent=AGENT,
                role=stage,
                model=model,
                strategy="rule",
                segments=self._segments,
            )
        )

    def choose(self, options: Iterable[str], ruled: int, why: str, fixed: Fixed | None) -> int:
        """Record which option the rule chose, with the rule; return it, or what a person put in its place by forking.

        Raises:
            UserError: that is no option.
        """
        texts = list(options)
        labels = ascii_uppercase[: len(texts)]
        chosen = fixed.choose if fixed is not None and fixed.choose else labels[ruled]
        if chosen not in labels:
            raise UserError(f"{self.decision}: there is no option {chosen!r}; there are {', '.join(labels)}")
        weighed = tuple(
            Option(label=label, text=text, probability=float(at == ruled))
            for at, (label, text) in enumerate(zip(labels, texts, strict=True))
        )
        self._record(
            Planned(
                decision=self.decision,
                thinking=why,
                options=weighed,
                choice=chosen,
                order_consistency=1.0,
                orders=0,
                forced=chosen != labels[ruled],
            )
        )
        return labels.index(chosen)

    def act(self, text: str, data: Any, produces: str) -> None:
        """Record what came of it."""
        self._record(Acted(decision=self.decision, produces=produces, text=text, data=data))

    def explain(self, because: Sequence[tuple[int, str]], would_change_if: str, *, confidence: float) -> None:
        """Record why: numbers of segments, from 1, each with a reason. A rule's reasons are true, not claimed."""
        self._record(
            Explained(
                decision=self.decision,
                reader="colleague",
                because=tuple(Because(segment=self._segments[number - 1].id, why=why) for number, why in because),
                confidence=confidence,
                would_change_if=would_change_if,
            )
        )
