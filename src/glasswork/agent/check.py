"""What an agent can be given to put its explanations to the test. It does not know how that is done, nor what it finds:
an agent that knew what drove it would cite that to please the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from glasswork.records import Explained, Planned, Request, Segment

OnFail = Literal["flag", "retry", "stop"]


@dataclass(frozen=True)
class Account:
    """A decision, and the account that was given of it."""

    agent: str
    segments: tuple[Segment, ...]
    request: Request | None
    """The question of the choice, options in their first order; None where there was one option only, or the choice was
    made otherwise than by weighing them with everything in view."""
    planned: Planned
    act: str
    explained: Explained


class Check(Protocol):
    """Whoever puts explanations to the test."""

    @property
    def on_fail(self) -> OnFail:
        """What becomes of a decision whose explanation does not hold. But for ``flag``, its act waits for the test."""
        ...

    async def __call__(self, account: Account) -> bool:
        """Return whether an explanation may stand; what was found is recorded then.

        Raises:
            ExplanationFailed: it may not, and the decision is not to stand without.
            BudgetExceeded: a question of the test would have passed the budget.
        """
        ...
