"""Questions to a person: answered beforehand, asked at the terminal, or left open."""

from __future__ import annotations

import asyncio
import getpass
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from textwrap import fill
from typing import TYPE_CHECKING, Any, TypeVar

from glasswork.cli import say
from glasswork.cli.choosing import chosen, numbered
from glasswork.errors import UserError, Waiting
from glasswork.places import named, parse
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.workflow.resources import Answer, MoveAnswer

T = TypeVar("T")

Answers = Mapping[str, "tuple[bool, str] | str"]
"""Step to yes or no, and a note; step of a game, or one decision in it, to a move."""


class People:
    """Who answers the questions of a run."""

    def __init__(self, answers: Answers) -> None:
        self.pause: Callable[[], AbstractContextManager[object]] = nullcontext
        """Keeps a live view still while a question stands."""
        self.clean: Callable[[Any], Any] = lambda data: data
        """Takes secrets out of what is said."""
        self._answers = answers
        self._one_at_a_time = asyncio.Lock()
        self._moving: dict[tuple[str, int, int], set[str]] = {}
        """Who has been asked for a move, by step, round and match."""

    async def ask(self, step: str, question: str) -> Answer:
        """Return the answer to a step's question.

        Raises:
            Waiting: it was not answered beforehand, and there is no terminal, or nobody at it who will say.
        """
        from glasswork.workflow.resources import Answer

        by = getpass.getuser()
        given = self._answers.get(step, self._answers.get(named(step)))
        if isinstance(given, tuple):
            approved, note = given
            return Answer(approved, self.clean(note), by)
        if not sys.stdin.isatty():
            raise Waiting(f"{step} waits for an answer: {question}")
        async with self._one_at_a_time:
            with self.pause():
                say.note(f"\n{say.paint(step, 'bold', sys.stderr)} asks:\n{_laid(question)}")
                said = await _yes_or_no()
                if said is None:
                    raise Waiting(f"{step} waits for an answer: {question}")
                note = await _line("A note (Enter for none): ") or ""
        return Answer(said, self.clean(note), by)

    async def choose(self, decision: str, question: str, options: Sequence[str]) -> MoveAnswer:
        """Return which of the options a person takes in a decision: ``match#3.1``; without options, what it says.

        Where several people move in one round, none of them sees what another types.

        Raises:
            UserError: what was given beforehand is none of the options.
            Waiting: nothing was given, and there is no terminal, or nobody at it who will say.
        """
        from glasswork.workflow.resources import MoveAnswer, wanted

        by, place = getpass.getuser(), parse(decision)
        given = next((said for name in (decision, place.step, named(place.step)) if (said := self._given(name))), None)
        if given is not None:
            return MoveAnswer(_given(decision, given, options), by)
        waits = f"{decision} waits for {wanted(options)}"
        if not sys.stdin.isatty():
            raise Waiting(waits)
        moving = self._moving.setdefault((place.step, place.round, place.item), set())
        moving.add(decision)
        async with self._one_at_a_time:
            await asyncio.sleep(0)  # whoever else moves in this round is asked at the same time: let them come
            with self.pause():
                say.note(f"\n{say.paint(decision, 'bold', sys.stderr)} asks:\n{_laid(_menu(question, options))}")
                said = await (_one_of(options, unseen=len(moving) > 1) if options else _words())
        if said is None:
            raise Waiting(waits)
        return MoveAnswer(said if options else self.clean(said), by)

    def _given(self, name: str) -> str | None:
        said = self._answers.get(name)
        return said if isinstance(said, str) else None


def _given(decision: str, said: str, options: Sequence[str]) -> str:
    if not options:
        return said
    try:
        return chosen(said, options)
    except UserError as error:
        raise UserError(f"the answer given for {decision}: {error.message}") from None


def _menu(question: str, options: Sequence[str]) -> str:
    if not options:
        return clean(question)
    if not numbered(options):
        return f"{clean(question)}\n{', '.join(map(clean, options))}"
    lines = [f"{number} {clean(label)}" for number, label in enumerate(options, start=1)]
    return "\n".join([clean(question), *lines])


def _laid(question: str) -> str:
    """Return a question set in, with its lines broken between words."""
    width = shutil.get_terminal_size((say.WIDTH, 24)).columns - 2
    laid = (fill(line, width, initial_indent="  ", subsequent_indent="  ") for line in clean(question).split("\n"))
    return "\n".join(laid)


async def _yes_or_no() -> bool | None:
    """Return the answer; None where it is left for later, or the terminal is closed."""
    words = {"y": True, "yes": True, "n": False, "no": False}
    return await _asked("yes, no or later? ", lambda said: words.get(said.lower()))


async def _one_of(options: Sequence[str], *, unseen: bool) -> str | None:
    """Return the option that is taken; None where it is left for later, or the terminal is closed."""

    def read(said: str) -> str | None:
        try:
            return chosen(said, options)
        except UserError as error:
            if said:
                say.note(error.message)
            return None

    how = "a number, a label" if numbered(options) else "one of these"
    prompt = f"{how}{' (nobody sees what you type)' if unseen else ''} or later? "
    return await _asked(prompt, read, known=options, unseen=unseen)


async def _words() -> str | None:
    """Return what somebody says, perhaps nothing; None where it is left for later, or the terminal is closed."""
    said = await _line("your words (Enter: say nothing) or later? ")
    return None if said is None or said.lower() == "later" else said


async def _asked(
    prompt: str, read: Callable[[str], T | None], *, known: Sequence[str] = (), unseen: bool = False
) -> T | None:
    """Ask until something can be made of a line; None for ``later``, unless it begins a known answer, or at the end."""
    while True:
        said = await _line(prompt, unseen=unseen)
        if said is None or (said.lower() in {"l", "later"} and not _begins(said, known)):
            return None
        answer = read(said)
        if answer is not None:
            return answer


def _begins(said: str, known: Sequence[str]) -> bool:
    return any(label.casefold().startswith(said.casefold()) for label in known)


async def _line(prompt: str, *, unseen: bool = False) -> str | None:
    """Read a line from the terminal without holding up the other steps; None where the terminal was closed.

    The event loop waits for the terminal, no thread does: a thread in ``input()`` could not be interrupted.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not arrived.done():
            arrived.set_result(sys.stdin.readline())

    with _unseen() if unseen else nullcontext():
        sys.stderr.write(prompt)
        sys.stderr.flush()
        loop.add_reader(sys.stdin, read)
        try:
            line = await arrived
        finally:
            loop.remove_reader(sys.stdin)
    return line.strip() if line else None


@contextmanager
def _unseen() -> Iterator[None]:
    """Keep what is typed off the terminal."""
    import termios

    before = termios.tcgetattr(sys.stdin)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        say.note("")
