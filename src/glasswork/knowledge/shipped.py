"""The evaluators that come with the package, for indexes that nobody has calibrated: one for each language.

They ask no model. They were fitted as ``glasswork calibrate`` fits one, to questions on statutes that are not the
user's: ``benchmarks/retrieval.py --ship`` writes their file. How well one carries over to other documents is in
docs/measurements.md; whoever has labelled pairs of their own calibrates, and that one is used instead.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from glasswork.knowledge.evaluate import Fit
from glasswork.knowledge.index import Language

FILE = "evaluators.json"


@cache
def shipped(language: Language) -> Fit:
    """Return the evaluator that judges passages in a language where none was fitted to the index."""
    held = json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    return Fit.model_validate(held[language])
