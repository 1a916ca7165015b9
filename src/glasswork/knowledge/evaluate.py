"""How well a text fits a question: what is measured of the two, and the fitted function that makes a score of it.

A score lies in [-1, 1], as in CRAG (Yan et al. 2024): 2p - 1, for the probability p that the text states what the
question asks. Here p comes from labelled pairs of this corpus, by logistic regression (for one number, Platt 1999),
because an evaluator that was trained on other questions knows entities, and no law.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from glasswork.knowledge.index import Index
from glasswork.records import Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

Action = Literal["correct", "ambiguous", "incorrect"]
FEATURES = ("coverage", "rarest", "adjacent", "density", "meaning")
"""coverage: weight of the question's words that the text holds, as a share; rarest: whether it holds the heaviest of
them; adjacent: share of the question's pairs of words that stand together in the text, too; density: share of the
text's words that are the question's; meaning: cosine of the vectors, 0 where the index has none."""
LOG_ODDS = ("log_odds",)
"""What is measured by asking a model: the log-odds of its yes."""
_STEPS = 50


class Fit(Record):
    """An evaluator that was fitted, and how it did on pairs that it was not fitted to."""

    evaluator: Literal["features", "model"]
    model: str = ""
    """The model that is asked, by the name that logs know it by."""
    prompt: str = ""
    """Digest of the words it is asked in."""
    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    upper: float
    """From here on a passage answers the question."""
    lower: float
    """Below it, it does not."""
    strip: float
    """From here on a strip is kept."""
    sure: dict[Action, float]
    """How often each action was right on questions that nothing was fitted to; see ``calibrate``."""
    rule: str
    """How the thresholds were found."""
    source: str
    """What it was fitted to: the name of a file of pairs."""
    digest: str = ""
    """SHA-256 of that file."""
    questions: tuple[int, int, int]
    """To which the function was fitted, to which the thresholds were, and on which both were measured."""
    pairs: int
    measured: dict[str, float] = {}
    """On the last part: ``auroc``, ``brier`` and ``accuracy`` of pairs, shares of actions by answerable or not."""

    @property
    def name(self) -> str:
        """What logs call it."""
        return f"model {self.model}" if self.evaluator == "model" else "features"

    def scores(self, rows: Numbers) -> list[float]:
        """Return the score in [-1, 1] of each row of features."""
        import numpy as np

        if not len(rows):
            return []
        standard = (rows - np.array(self.mean)) / np.array(self.scale)
        odds = standard @ np.array(self.weights) + self.bias
        return [round(math.tanh(float(one) / 2), 6) for one in odds]  # 2 / (1 + e^-x) - 1

    def action(self, scores: Sequence[float]) -> Action:
        """Return what is to be done with passages of these scores: CRAG's rule; nothing found is incorrect."""
        highest = max(scores, default=-1.0)
        return "correct" if highest >= self.upper else "ambiguous" if highest >= self.lower else "incorrect"


def features(index: Index, question: str, texts: Sequence[str]) -> Numbers:
    """Return the features of a question with each of some texts: a row each, in the order of :data:`FEATURES`."""
    import numpy as np

    asked = index.words(question)
    weights = {word: index.bm25.rarity(word) for word in asked}
    vectors = index.embedded([question, *texts])
    rows = np.zeros((len(texts), len(FEATURES)))
    for place, text in enumerate(texts):
        rows[place, :4] = _by_words(asked, weights, index.words(text))
        rows[place, 4] = 0.0 if vectors is None else float(vectors[0] @ vectors[place + 1])
    return rows


def _by_words(asked: Sequence[str], weights: dict[str, float], said: Sequence[str]) -> tuple[float, ...]:
    held = set(said)
    together, wanted = set(pairwise(said)), set(pairwise(asked))
    common = weights.keys() & held
    heaviest = max(weights, key=lambda word: (weights[word], word), default="")
    return (
        math.fsum(weights[word] for word in common) / (math.fsum(weights.values()) or 1.0),
        float(heaviest in held),
        len(wanted & together) / (len(wanted) or 1),
        sum(word in weights for word in said) / (len(said) or 1),
    )


def logistic(rows: Numbers, labels: Sequence[bool]) -> tuple[Numbers, Numbers, Numbers, float]:
    """Fit p = 1 / (1 + exp(-(w.z + b))) by Newton's method, z the standardised rows, with a ridge of 1 on w.

    Returns:
        Mean, scale and weight of each feature, and the bias. A feature that never varies weighs nothing.
    """
    import numpy as np

    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    flat = scale < 1e-12
    scale = np.where(flat, 1.0, scale)
    design = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    wanted = np.array(labels, dtype=float)
    ridge = np.diag([*np.ones(rows.shape[1]), 1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (p - wanted) + ridge @ weights
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return mean, scale, np.where(flat, 0.0, weights[:-1]), float(weights[-1])
