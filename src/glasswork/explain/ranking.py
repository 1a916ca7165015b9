"""How good scores of segments are, whoever made them: do they predict what the model does with other sets?

From ContextCite (Cohen-Wang et al. 2024). A random *positive* score predicts a little as well, since more segments mean
more margin: tell either number beside that of random scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from glasswork.explain import lasso
from glasswork.explain.attribution import top
from glasswork.explain.case import Case
from glasswork.explain.reading import Kept, Read, Reading
from glasswork.statistics import spearman

HELD_OUT = 24
_APART = 7919
"""Keeps the draw of held-out sets apart from that of sets that scores were fitted to."""


def held_out(case: Case, *, count: int = HELD_OUT, seed: int = 0) -> list[Kept]:
    """Draw random halves of the segments that no score was fitted to."""
    rows = lasso.masks(len(case.segments), count, seed + _APART)
    ids = [segment.id for segment in case.segments]
    return [frozenset(one for one, there in zip(ids, row, strict=True) if there) for row in rows]


def lds(scores: Mapping[str, float], readings: Sequence[Reading]) -> float | None:
    """Return the linear datamodelling score: rank correlation of predicted and read margins; None where one is flat.

    Args:
        scores: by segment; the prediction for a set is the sum over what it keeps.
        readings: of held-out sets.
    """
    predicted = [math.fsum(scores[segment] for segment in reading.kept) for reading in readings]
    # What differs by rounding alone is tied.
    return spearman([round(one, 9) for one in predicted], [round(reading.margin, 9) for reading in readings])


async def top_drop(read: Read, case: Case, scores: Mapping[str, float], count: int = 1) -> float:
    """Return by how many nats the margin falls without the ``count`` segments that score highest."""
    everything = frozenset(segment.id for segment in case.segments)
    full, without = await read([everything, everything - {*top(scores, count)}])
    return full.margin - without.margin
