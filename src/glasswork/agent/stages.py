"""The legal order of a decision's stages (after Concordia's ``Phase``, ``concordia/typing/entity_component.py``)."""

from __future__ import annotations

from glasswork.errors import StageOrderError
from glasswork.records import Stage

SUCCESSOR = {
    Stage.READY: Stage.PLAN,
    Stage.PLAN: Stage.ACT,
    Stage.ACT: Stage.EXPLAIN,
    Stage.EXPLAIN: Stage.READY,
}
"""READY → PLAN → ACT → EXPLAIN → READY, and nothing else."""


class Stages:
    """Where one decision stands."""

    def __init__(self) -> None:
        self.now = Stage.READY

    def enter(self, stage: Stage) -> None:
        """Go on to ``stage``.

        Raises:
            StageOrderError: ``stage`` may not follow the present one.
        """
        expected = SUCCESSOR[self.now]
        if stage is not expected:
            raise StageOrderError(f"a decision goes from {self.now} to {expected}, not to {stage}")
        self.now = stage
