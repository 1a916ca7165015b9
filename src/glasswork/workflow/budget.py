"""A run's budget, kept before the money is spent: a call that could pass it is not made."""

from __future__ import annotations

from dataclasses import dataclass

from glasswork.definitions import BudgetDef
from glasswork.errors import BudgetExceeded
from glasswork.records import Request, Usage

CHARACTERS_PER_TOKEN = 3.5
"""For estimating a prompt before it is sent; on the low side for English, so the estimate is on the high side."""


@dataclass(frozen=True)
class Ticket:
    """What was set aside for one call, in tokens."""

    tokens: int


class Budget:
    """Calls and tokens of one run: reserved before a call, settled after it.

    The reservation is the estimated prompt plus the most the answer may take, so that calls that run at once cannot
    together pass what none of them would pass alone.
    """

    def __init__(self, limit: BudgetDef) -> None:
        self.limit = limit
        self.calls = 0
        self.usage = Usage()
        self._reserved = 0

    async def reserve(self, request: Request) -> Ticket:
        """Set aside what ``request`` may take.

        Raises:
            BudgetExceeded: the call could pass the budget.
        """
        if self.limit.calls is not None and self.calls >= self.limit.calls:
            raise BudgetExceeded(f"the budget of {self.limit.calls} calls is used up", hint=_HINT)
        ticket = Ticket(estimate(request))
        if self.limit.tokens is not None:
            left = self.limit.tokens - self.usage.total - self._reserved
            if ticket.tokens > left:
                raise BudgetExceeded(
                    f"the next call may take {ticket.tokens} tokens, and {max(left, 0)} of the budget of "
                    f"{self.limit.tokens} are left",
                    hint=_HINT,
                )
        self.calls += 1
        self._reserved += ticket.tokens
        return ticket

    def settle(self, ticket: object, usage: Usage | None) -> None:
        """Replace a reservation by what was really used; an attempt that failed counts as a call without tokens."""
        assert isinstance(ticket, Ticket)
        self._reserved -= ticket.tokens
        self.usage += usage or Usage()


def estimate(request: Request) -> int:
    """Return the most tokens a request may take: its prompt by length, and its answer by its bound."""
    characters = sum(len(message.content) for message in request.messages)
    return int(characters / CHARACTERS_PER_TOKEN) + 1 + (1 if request.form == "label" else request.max_tokens)


_HINT = "raise it under 'budget' in the workflow, or on the command line"
