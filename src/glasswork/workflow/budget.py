"""Budgets, kept before the money is spent: a call that could pass one is not made."""

from __future__ import annotations

from dataclasses import dataclass

from glasswork.definitions import BudgetDef, PriceDef
from glasswork.errors import BudgetExceeded
from glasswork.log.past import Spent
from glasswork.models.estimate import answer_tokens, prompt_tokens
from glasswork.models.wrap import cost
from glasswork.records import Request, Usage

NOTHING = Spent()


@dataclass(frozen=True)
class Ticket:
    """What was set aside for one call."""

    tokens: int
    money: float
    price: PriceDef | None


class Budget:
    """Calls, tokens and money of a run, a sub-workflow or a step: reserved before a call, settled after it.

    The reservation is the estimated prompt plus the most the answer may take, so that calls that run at once cannot
    together pass what none of them would pass alone. A budget within another takes from both. Time is not kept here:
    whoever owns the budget stops what is under way when it is up.
    """

    def __init__(
        self,
        limit: BudgetDef,
        *,
        of: str = "",
        outer: Budget | None = None,
        spent: Spent = NOTHING,
    ) -> None:
        """Begin with what an earlier sitting has ``spent``. ``of``: the step whose budget this is; empty: the run's."""
        self.limit = limit
        self.of = of
        self.outer = outer
        self.calls, self.usage, self.money = spent
        self.reserved = 0
        """Tokens set aside for calls under way."""
        self.reserved_money = 0.0

    async def reserve(self, request: Request, price: PriceDef | None = None) -> Ticket:
        """Set aside what ``request`` may take, here and in the budgets around this one.

        Raises:
            BudgetExceeded: the call could pass one of them.
        """
        ticket = _ticket(request, price)
        for budget in self._around():
            budget.refuse_if_over(ticket)
        for budget in self._around():
            budget.calls += 1
            budget.reserved += ticket.tokens
            budget.reserved_money += ticket.money
        return ticket

    def charge(self, money: float) -> None:
        """Take money for something that is no call of a model, before it is done, here and in the budgets around.

        Raises:
            BudgetExceeded: it would pass one of them.
        """
        ticket = Ticket(0, money, None)
        for budget in self._around():
            budget.refuse_if_over(ticket, call=False)
        for budget in self._around():
            budget.money += money

    def settle(self, ticket: object, usage: Usage) -> None:
        """Replace a reservation by what was really used; of an attempt that failed, what is known of that."""
        assert isinstance(ticket, Ticket)
        for budget in self._around():
            budget.reserved -= ticket.tokens
            budget.reserved_money -= ticket.money
            budget.usage += usage
            budget.money += cost(ticket.price, usage)

    def withdraw(self, ticket: object) -> None:
        """Take a reservation back, and the call with it: it was cancelled, and the log will know nothing of it."""
        assert isinstance(ticket, Ticket)
        for budget in self._around():
            budget.calls -= 1
            budget.reserved -= ticket.tokens
            budget.reserved_money -= ticket.money

    def exceeded(self, what: str) -> BudgetExceeded:
        """Return the error that says that this budget is spent."""
        whose = f"{self.of}: " if self.of else ""
        name = f"{self.of}." if self.of else ""
        hint = f"go on with more: glasswork resume RUN --budget {name}NAME=VALUE"
        return BudgetExceeded(f"{whose}the budget of {what}", hint=hint, of=self.of)

    def _around(self) -> list[Budget]:
        found: list[Budget] = []
        here: Budget | None = self
        while here is not None:
            found.append(here)
            here = here.outer
        return found

    def refuse_if_over(self, ticket: Ticket, *, call: bool = True) -> None:
        """Raise BudgetExceeded where this budget, alone, does not hold what a ticket sets aside for a call, or else."""
        limit = self.limit
        if call and limit.calls is not None and self.calls >= limit.calls:
            raise self.exceeded(f"{limit.calls} calls is used up")
        if limit.tokens is not None:
            left = limit.tokens - self.usage.total - self.reserved
            if ticket.tokens > left:
                needed = f"it may take {ticket.tokens}, and {max(left, 0)} are left"
                raise self.exceeded(f"{limit.tokens} tokens does not hold the next call: {needed}")
        if limit.money is not None and ticket.money > limit.money - self.money - self.reserved_money:
            raise self.exceeded(f"{limit.money:g} in money does not hold another call of up to {ticket.money:.2g}")


def estimate(request: Request) -> int:
    """Return the most tokens a request may take: its prompt by length, and its answer by its bound."""
    return prompt_tokens(request) + answer_tokens(request)


def _ticket(request: Request, price: PriceDef | None) -> Ticket:
    prompt, answer = prompt_tokens(request), answer_tokens(request)
    money = cost(price, Usage(prompt_tokens=prompt, completion_tokens=answer)) if price else 0.0
    return Ticket(prompt + answer, money, price)
