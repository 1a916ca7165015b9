"""One test of an explanation within a run: how it is asked and metered, and the events that it leaves."""

from __future__ import annotations

import asyncio
from typing import Any

from glasswork.agent import Account
from glasswork.definitions import PriceDef
from glasswork.explain.case import Case, CaseOption
from glasswork.models.wrap import Gate, cost
from glasswork.records import Ask, Completion, DecisionChecked, Request, Usage


def case_of(account: Account) -> Case:
    """Return a decision that is just being taken as the measures take it; its id is the decision's, without a run."""
    planned, known = account.planned, {segment.id for segment in account.segments}
    reasons = [reason.segment for reason in account.explained.because]
    return Case(
        id=planned.decision,
        agent=account.agent,
        segments=account.segments,
        options=tuple(CaseOption(label=o.label, text=o.text, probability=o.probability) for o in planned.options),
        choice=planned.choice,
        cited=tuple(dict.fromkeys(segment for segment in reasons if segment in known)),
        thinking=planned.thinking,
        act=account.act,
        confidence=account.explained.confidence,
        request=account.request,
    )


# --- asking ---------------------------------------------------------------------------------------------------------


class Meter:
    """A budget that counts what one test takes from it: attempts that failed, too, as the budget counts them."""

    def __init__(self, budget: Gate, price: PriceDef | None) -> None:
        self.calls = 0
        self.usage = Usage()
        self.cost = 0.0
        self._budget = budget
        self._price = price

    async def reserve(self, request: Request, price: PriceDef | None) -> object:
        """Set aside what a question may cost. Raises BudgetExceeded where the budget does not hold that much."""
        ticket = await self._budget.reserve(request, price)
        self.calls += 1
        return ticket

    def settle(self, ticket: object, usage: Usage) -> None:
        """Replace what was set aside by what was spent."""
        self._budget.settle(ticket, usage)
        self.usage += usage
        self.cost += cost(self._price, usage)

    def withdraw(self, ticket: object) -> None:
        """Count a question that was cancelled all the same: the test's own event does."""
        self.settle(ticket, Usage())

    @property
    def spent(self) -> dict[str, Any]:
        """What was spent, as an event has it."""
        return {"calls": self.calls, "usage": self.usage, "cost": self.cost}


class Questions:
    """Asks, and can be stopped: a test whose one question failed is not to go on with the others."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._running: set[asyncio.Future[Completion]] = set()
        self._over = False

    async def __call__(self, place: str, request: Request) -> Completion:
        """Ask."""
        if self._over:
            raise asyncio.CancelledError
        asked = asyncio.ensure_future(self._ask(place, request))
        self._running.add(asked)
        asked.add_done_callback(self._running.discard)
        return await asked

    async def stop(self) -> None:
        """Stop what is under way, and ask nothing more."""
        self._over = True
        running = tuple(self._running)
        for asked in running:
            asked.cancel()
        await asyncio.gather(*running, return_exceptions=True)


# --- events ---------------------------------------------------------------------------------------------------------


def without_evidence(decision: str, reason: str, *, met: bool, error: str = "", **more: Any) -> DecisionChecked:
    """Return what a log keeps of a test without a result: there is nothing to test, or it failed with an error."""
    detail = {"met": met, "reason": reason, **({"error": error} if error else {})}
    return DecisionChecked(
        decision=decision, event=0, hash="", measure="evidence", method="none", value=None, detail=detail, **more
    )
