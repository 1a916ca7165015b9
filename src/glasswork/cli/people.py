"""Questions to a person: answered beforehand, or asked at the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from glasswork.cli import say
from glasswork.errors import UserError
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.workflow.compiled import CompiledWorkflow

Answers = Mapping[str, tuple[bool, str]]
"""Step to yes or no, and a note."""


class People:
    """Who answers the questions of a run."""

    def __init__(self, workflow: CompiledWorkflow, answers: Answers) -> None:
        """See that every question can be answered before anything runs.

        Raises:
            UserError: a step asks a person, no answer was given beforehand, and there is no terminal to ask at.
        """
        self.pause: Callable[[], AbstractContextManager[object]] = nullcontext
        """Keeps a live view still while a question stands."""
        self._answers = answers
        self._one_at_a_time = asyncio.Lock()
        unanswered = [step.id for step in workflow.steps.values() if step.kind == "human" and step.id not in answers]
        if unanswered and not sys.stdin.isatty():
            raise UserError(
                f"the step {unanswered[0]!r} asks a person, and there is no terminal to ask at",
                hint=f"answer beforehand: --answer {unanswered[0]}=yes",
            )

    async def ask(self, step: str, question: str) -> tuple[bool, str]:
        """Return the answer to a step's question: approved or not, and a note."""
        if step in self._answers:
            return self._answers[step]
        async with self._one_at_a_time:
            with self.pause():
                say.note(f"\n{say.paint(step, 'bold', sys.stderr)} asks:\n{clean(question)}")
                approved = await _yes_or_no()
                note = await _line("A note (Enter for none): ")
        return approved, note


async def _yes_or_no() -> bool:
    while True:
        said = (await _line("yes or no? ")).lower()
        if said in {"y", "yes"}:
            return True
        if said in {"n", "no"}:
            return False


async def _line(prompt: str) -> str:
    """Read a line from the terminal without holding up the other steps.

    The event loop waits for the terminal, no thread does: a thread in ``input()`` could not be interrupted.

    Raises:
        UserError: the terminal was closed.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[str] = loop.create_future()
    sys.stderr.write(prompt)
    sys.stderr.flush()

    def read() -> None:
        if not arrived.done():
            arrived.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin, read)
    try:
        line = await arrived
    finally:
        loop.remove_reader(sys.stdin)
    if not line:
        raise UserError(
            "the terminal was closed before the question was answered", hint="answer with --answer STEP=yes"
        )
    return line.strip()
