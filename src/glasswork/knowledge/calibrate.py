"""Fitting an evaluator to labelled pairs, its thresholds to others, and measuring both on a third part.

Questions are dealt to the parts by a digest of their words: two quarters for the function, one for the thresholds, one
to measure on. The thresholds decide about *questions*: S is the highest score of what was found for one. Each question
with a passage that answers it is a case with that passage, and one without: it is then a question that the corpus
cannot answer. ``upper`` is the lowest threshold from which on "it is answered" is right as often as is demanded,
``lower`` the highest below which "it is not" is, both by Laplace's rule, so that a lucky few prove nothing. Where an
evaluator never is, it never says so: what lies between is ambiguous, and the worse it is, the more lies there.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import ValidationError

from glasswork.errors import UserError, did_you_mean
from glasswork.knowledge.evaluate import FEATURES, LOG_ODDS, Action, Fit, features, logistic
from glasswork.knowledge.index import Index, Language, searchable
from glasswork.knowledge.passages import Passage
from glasswork.knowledge.shipped import shipped
from glasswork.knowledge.store import Shelf
from glasswork.knowledge.strips import strips
from glasswork.log.files import replace
from glasswork.records import Record
from glasswork.statistics import auroc

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

FOUND = 8
"""Passages that are searched for a question whose gold passages are named."""
SURE = 0.8
"""How often a word, correct or incorrect, is to be right, where nobody says otherwise."""
FEWEST = 24
"""Questions, at least, of which one passage or more answers."""
RULE = "thresholds: right at {sure:.0%} over held-out questions, with and without what answers them; strips: highest J"
_VERSION = 1
_ID = re.compile(r"[^#\n]+#[^~\n]*~[0-9a-f]{8}|[^\s#]+\.[a-z]{2,8}#\S+")
"""What is meant for the id of a passage, or for a document and section, and is no text."""
_LINE = 'each line: {"question": "…", "passage": "…", "label": true}, or {"question": "…", "gold": ["…"]}'


class Pair(Record):
    """A question, a text, and whether the text states what is asked."""

    question: str
    text: str
    relevant: bool


class Question(NamedTuple):
    """A question with texts, each with whether it answers."""

    question: str
    texts: tuple[str, ...]
    relevant: tuple[bool, ...]


Measure = Callable[[str, Sequence[str]], Awaitable["Numbers"]]
"""Measures a question and texts: a row of numbers for each text."""


def grouped(pairs: Sequence[Pair]) -> list[Question]:
    """Return pairs by their questions, in the order in which these first come."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.question, []).append(pair)
    return [
        Question(question, tuple(one.text for one in group), tuple(one.relevant for one in group))
        for question, group in found.items()
    ]


def labelled(index: Index, golden: Mapping[str, Sequence[str]], top: int = FOUND) -> list[Pair]:
    """Return what an index finds for questions, labelled by the passages that answer them.

    Args:
        index: to search.
        golden: question to ids of passages, or to what stands before their ``~``: the document and the section.
        top: passages that are searched for each.
    """
    answers = index.searched(list(golden), top)
    return [
        Pair(question=question, text=searchable(hit.passage), relevant=is_gold(hit.passage, gold))
        for (question, gold), hits in zip(golden.items(), answers, strict=True)
        for hit in hits
    ]


def is_gold(passage: Passage, gold: Sequence[str]) -> bool:
    """Tell whether a passage is one of those named, by its id or by its document and section."""
    return passage.id in gold or passage.id.rpartition("~")[0] in gold


def by_features(index: Index) -> Measure:
    """Return the measure that asks no model."""

    async def measure(question: str, texts: Sequence[str]) -> Numbers:
        return features(index, question, texts)

    return measure


async def fitted(
    index: Index,
    questions: Sequence[Question],
    measure: Measure,
    *,
    source: str,
    digest: str = "",
    model: str = "",
    prompt: str = "",
    strip: float | None = None,
    sure: float = SURE,
) -> Fit:
    """Return an evaluator fitted to labelled questions.

    Args:
        index: whose passages it is to judge.
        questions: with their texts and labels.
        measure: measures a question and its texts.
        source: what the labels came from, in words.
        digest: of the file that they came from.
        model: who is asked, where it is one.
        prompt: digest of the words it is asked in.
        strip: the threshold of strips; None: it is fitted here, where no model is asked.
        sure: how often a word, correct or incorrect, is to be right; else what was found is ambiguous.

    Raises:
        UserError: there are too few questions.
        ModelError: the model did not answer.
    """
    answered = sum(any(one.relevant) for one in questions)
    if answered < FEWEST or all(all(one.relevant) for one in questions):
        raise UserError(
            f"{source}: questions with a text that answers them: {answered}; {FEWEST} are the fewest, and some texts "
            "must answer none"
        )
    rows = [await measure(one.question, one.texts) for one in questions]
    parts = [[at for at, one in enumerate(questions) if part_of(one.question) == part] for part in range(3)]
    core = _core(questions, rows, parts[0])
    scores = [core.scores(one) for one in rows]
    upper, lower = thresholds(_cases(questions, scores, parts[1]), sure)
    core = core.model_copy(
        update={
            "evaluator": "model" if model else "features",
            "model": model,
            "prompt": prompt,
            "features": LOG_ODDS if model else FEATURES,
            "upper": upper,
            "lower": lower,
            "rule": RULE.format(sure=sure),
            "source": source,
            "digest": digest,
            "questions": tuple(map(len, parts)),
            "pairs": sum(len(one.texts) for one in questions),
        }
    )
    core = core.model_copy(update={"strip": _strip(index, core, questions, parts[1]) if strip is None else strip})
    return core.model_copy(update=measured(core, questions, scores, parts[2]))


def part_of(question: str) -> int:
    """Return the part that a question belongs to: 0 to fit, 1 for the thresholds, 2 to measure on."""
    return max(0, hashlib.sha256(question.encode()).digest()[0] % 4 - 1)


def _core(questions: Sequence[Question], rows: Sequence[Numbers], part: Sequence[int]) -> Fit:
    import numpy as np

    labels = [label for at in part for label in questions[at].relevant]
    if len(set(labels)) < 2:
        raise UserError("the labels that an evaluator would be fitted to are all the same")
    mean, scale, weights, bias = logistic(np.vstack([rows[at] for at in part]), labels)
    return Fit(
        evaluator="features",
        features=(),
        mean=tuple(map(float, mean)),
        scale=tuple(map(float, scale)),
        weights=tuple(map(float, weights)),
        bias=bias,
        upper=0.0,
        lower=0.0,
        strip=0.0,
        sure={},
        rule="",
        source="",
        questions=(0, 0, 0),
        pairs=0,
    )


Case = tuple[float, bool]
"""The highest score of what was found for a question, and whether something of that answers it."""


def _cases(questions: Sequence[Question], scores: Sequence[Sequence[float]], part: Sequence[int]) -> list[Case]:
    """Return each question of a part as it is, and once more without what answers it."""
    found: list[Case] = []
    for at in part:
        answers = any(questions[at].relevant)
        without = [one for one, right in zip(scores[at], questions[at].relevant, strict=True) if not right]
        if answers:
            found.append((max(scores[at]), True))
        if without:
            found.append((max(without), False))
    return found


def thresholds(cases: Sequence[Case], sure: float) -> tuple[float, float]:
    """Return the upper and the lower threshold: 1 or -1 where no threshold makes a word right often enough.

    Where the two would cross, either would do between them, and both are the middle.

    Raises:
        UserError: there is no case of one kind.
    """
    if len({right for _, right in cases}) < 2:
        raise UserError("there are too few questions to fit thresholds to")
    values = sorted({score for score, _ in cases})
    middles = [-1.0, *((a + b) / 2 for a, b in pairwise(values)), 1.0]
    uppers = (t for t in middles if _right([right for score, right in cases if score >= t]) >= sure)
    lowers = (t for t in middles if _right([not right for score, right in cases if score < t]) >= sure)
    upper, lower = min(uppers, default=1.0), max(lowers, default=-1.0)
    return (upper, lower) if lower <= upper else ((upper + lower) / 2,) * 2


def _right(called: Sequence[bool]) -> float:
    """Return how often a word is right, by Laplace's rule."""
    return (sum(called) + 1) / (len(called) + 2)


def _strip(index: Index, fit: Fit, questions: Sequence[Question], part: Sequence[int]) -> float:
    """Return the threshold of strips: the best one of a text that answers, against all of texts that do not."""
    right: list[float] = []
    wrong: list[float] = []
    for at in part:
        one = questions[at]
        for text, relevant in zip(one.texts, one.relevant, strict=True):
            scores = fit.scores(features(index, one.question, strips(text)))
            if relevant:
                right.append(max(scores))
            else:
                wrong += scores
    if not right or not wrong:
        raise UserError("there are too few questions to fit thresholds to")
    return max(
        sorted(set(right)),
        key=lambda t: sum(s >= t for s in right) / len(right) - sum(s >= t for s in wrong) / len(wrong),
    )


def measured(
    fit: Fit, questions: Sequence[Question], scores: Sequence[Sequence[float]], part: Sequence[int]
) -> dict[str, Any]:
    """Return how a fit does on some of the questions: ``measured`` and ``sure`` of a :class:`Fit`.

    Args:
        fit: an evaluator.
        questions: with their texts and labels.
        scores: of the texts of each question, by that evaluator.
        part: the places of those to measure on.
    """
    pairs = [(s, r) for at in part for s, r in zip(scores[at], questions[at].relevant, strict=True)]
    cases = _cases(questions, scores, part)
    actions = [(fit.action([score]), right) for score, right in cases]
    area = auroc([s for s, r in pairs if r], [s for s, r in pairs if not r])
    found = {
        "brier": sum(((s + 1) / 2 - r) ** 2 for s, r in pairs) / len(pairs) if pairs else 1.0,
        **({"auroc": area} if area is not None else {}),
        **{
            f"{action}, {_WHICH[right]}": float(actions.count((action, right)))
            for action in _ACTIONS
            for right in _WHICH
        },
    }
    sure = {action: _sure(action, [right for one, right in actions if one == action]) for action in _ACTIONS}
    return {"measured": {name: round(value, 4) for name, value in found.items()}, "sure": sure}


_ACTIONS: tuple[Action, ...] = ("correct", "ambiguous", "incorrect")
_WHICH: dict[bool, Literal["answerable", "unanswerable"]] = {True: "answerable", False: "unanswerable"}


def _sure(action: Action, right: Sequence[bool]) -> float:
    """Return how often an action was right, by Laplace's rule; of the ambiguous one, how evenly it was split."""
    answered = _right(right)
    share = {"correct": answered, "incorrect": 1 - answered, "ambiguous": 1 - abs(2 * answered - 1)}[action]
    return round(share, 4)


# --- files ----------------------------------------------------------------------------------------------------------


def read_pairs(path: Path, index: Index) -> list[Pair]:
    """Read labelled pairs: one JSON object a line, with ``question`` and either ``passage`` and ``label``, or ``gold``.

    ``passage`` is a text, or the id of one of the index's; ``label`` says whether it answers; ``gold`` lists those that
    do, by id or by document and section, and what the index finds besides counts as not answering.

    Raises:
        UserError: the file cannot be read, or a line of it cannot.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    golden: dict[str, list[str]] = {}
    pairs: list[Pair] = []
    texts = {passage.id: searchable(passage) for passage in index.passages}
    names = {*texts, *(id_.rpartition("~")[0] for id_ in texts)}
    for number, line in enumerate(lines, start=1):
        try:
            pairs += _pairs_in(json.loads(line), golden, texts, names) if line.strip() else ()
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}:{number}: this is no JSON, from its character {error.colno} on", hint=_LINE
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UserError(f"{path}:{number}: {what}", hint=_LINE) from None
    return [*pairs, *labelled(index, golden)]


def _pairs_in(data: Any, golden: dict[str, list[str]], texts: Mapping[str, str], names: set[str]) -> Iterator[Pair]:
    if not isinstance(data, dict) or not isinstance(data["question"], str):
        raise TypeError("it must be an object with a text 'question'")
    known = ("question", "gold") if "gold" in data else ("question", "passage", "label")
    unknown = [key for key in data if key not in known]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}{did_you_mean(unknown[0], known)}")
    if not data["question"].strip():
        raise ValueError("'question' is empty")
    if "gold" in data:
        if not isinstance(data["gold"], list) or not all(isinstance(one, str) for one in data["gold"]):
            raise TypeError("'gold' must be a list of ids")
        for one in data["gold"]:
            _known(one, names)
        golden.setdefault(data["question"], []).extend(data["gold"])
        return
    if not isinstance(data["passage"], str):
        raise TypeError("'passage' must be a text, or an id")
    if not isinstance(data["label"], bool):
        raise TypeError("'label' must be true or false")
    if data["passage"] not in texts and _names_one(data["passage"], names):
        _known(data["passage"], texts.keys())
    yield Pair(question=data["question"], text=texts.get(data["passage"], data["passage"]), relevant=data["label"])


def _names_one(passage: str, names: Collection[str]) -> bool:
    """Tell whether a passage is named rather than written out: it has the form of an id, or names a section."""
    return _ID.fullmatch(passage.strip()) is not None or passage in names


def _known(passage: str, names: Collection[str]) -> None:
    """Raise ValueError where no passage is called so, with the one whose name is nearest."""
    if passage not in names:
        near = [one for one in names if one.startswith(f"{passage}~")][:1]
        near = near or difflib.get_close_matches(passage, names, n=1, cutoff=0.6)
        raise ValueError(f"the index holds no passage {passage!r}{did_you_mean(passage, near)}")


def fits_path(shelf: Shelf, name: str) -> Path:
    """Return where the evaluators of an index lie."""
    return shelf.path(name).with_suffix(".calibration.json")


def read_fits(shelf: Shelf, name: str) -> list[Fit]:
    """Return the evaluators that were fitted for an index. Raises UserError where their file is damaged."""
    path = fits_path(shelf, name)
    try:
        data = json.loads(path.read_bytes())
        if data["version"] == _VERSION:
            return [Fit.model_validate(one) for one in data["fits"]]
        wrong = f"it is of version {data['version']}, and this one reads {_VERSION}"
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        wrong = str(error).splitlines()[0]
    raise UserError(f"{path} cannot be used: {wrong}", hint=f"delete it, and fit anew: glasswork calibrate {name}")


def write_fit(shelf: Shelf, name: str, fit: Fit) -> Path:
    """Keep an evaluator of an index, in place of the one of its name."""
    fits = [*(one for one in read_fits(shelf, name) if one.name != fit.name), fit]
    data = {"version": _VERSION, "index": name, "fits": [one.model_dump(mode="json") for one in fits]}
    path = fits_path(shelf, name)
    replace(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
    return path


def fit_without_model(fits: Sequence[Fit], language: Language) -> Fit:
    """Return the evaluator that asks no model: the one that was fitted to the index, else the shipped one."""
    return next((one for one in fits if one.evaluator == "features"), None) or shipped(language)


def fit_with_model(fits: Sequence[Fit], index: str, model: str) -> Fit:
    """Return the evaluator that asks a model. Raises UserError where none was fitted: none is shipped."""
    found = next((one for one in fits if one.name == f"model {model}"), None)
    if found is None:
        raise UserError(
            f"the index {index!r} has no evaluator that asks {model}, so that model cannot judge what is found in it",
            hint=f"fit one to labelled pairs: glasswork calibrate {index} --pairs FILE --model {model}",
        )
    return found
