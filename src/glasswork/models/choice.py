"""Choosing among options by the probability of one label token, averaged over every rotation of the options.

Small models favour a position, most of all the first. Asked in every rotation, each option stands once in each
position, so what the position adds is the same for all. The options come last in the prompt: the rotations share
everything before them, which servers then take from their cache.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from string import ascii_uppercase

from glasswork.errors import InvalidOutput
from glasswork.models.messages import with_instruction
from glasswork.records import Ask, Completion, Message, Option, Record, Request

_SAME = 1e-9
"""Probabilities closer than this are tied."""


class Choice(Record):
    """What was chosen, out of what, and how sure the model was."""

    options: tuple[Option, ...]
    """In the order given, with labels A, B, C…; the probabilities add up to one."""
    chosen: int
    """Index into ``options``."""
    order_consistency: float
    """Share of the orders asked in which the chosen option came first."""
    orders: int
    """How many orders were asked: as many as options, or 0 where there was only one option."""
    sampled: bool
    """True where the choice was a seeded draw."""


async def choose(
    ask: Ask,
    place: str,
    messages: Sequence[Message],
    options: Sequence[str],
    *,
    question: str,
    seed: int = 0,
    temperature: float = 0.0,
) -> Choice:
    """Have a model weigh ``options``.

    For k options, k label requests are made at the places ``{place}/0`` … ``{place}/k-1``. In each, p(option) is the
    softmax over the labels of log P(label); the probabilities are averaged. A censored label counts with the floor, an
    upper bound, and its option is flagged.

    The requests are made one after the other. Sent together, llama.cpp gives each a slot of its own, and one slot only
    holds the shared prompt: measured with 420 tokens and four options on two cores, three requests at once took 3.7 s
    after the first's 2.6 s; in turn they take 0.45 s each. Where all share one cache (vLLM) each takes little anyway.

    Args:
        ask: how to ask.
        place: where in the run this choice stands.
        messages: what the choice rests on; the question and the options are put after it.
        options: what can be chosen, at most 26.
        question: what is asked, in a sentence.
        seed: settles ties (by the option's text, never its position) and draws.
        temperature: 0 takes the most probable option; above, one is drawn, in proportion to p^(1/temperature).

    Raises:
        ModelError: a request failed.
        ValueError: no options, or more than 26.
    """
    if not 1 <= len(options) <= len(ascii_uppercase):
        raise ValueError(f"{len(options)} options; there must be 1 to {len(ascii_uppercase)}")
    if len(options) == 1:
        only = Option(label="A", text=options[0], probability=1.0)
        return Choice(options=(only,), chosen=0, order_consistency=1.0, orders=0, sampled=False)
    requests = label_requests(messages, question, options, seed)
    completions = [await ask(f"{place}/{shift}", request) for shift, request in enumerate(requests)]
    return _settle(options, _weigh_all(completions), place, seed, temperature)


def label_requests(messages: Sequence[Message], question: str, options: Sequence[str], seed: int = 0) -> list[Request]:
    """Return the question for every rotation of the options, for whoever asks them by themselves."""
    return [label_request(messages, question, options, shift, seed) for shift in range(len(options))]


def mean_probabilities(completions: Sequence[Completion]) -> list[float]:
    """Return the probability of each option, averaged over the answers to :func:`label_requests`.

    Raises:
        InvalidOutput: an answer carries no probability of any label.
    """
    return _mean(each_order(completions))


def each_order(completions: Sequence[Completion]) -> list[list[float]]:
    """Return the probability of each option in each order by itself, by the options' own order.

    Raises:
        InvalidOutput: an answer carries no probability of any label.
    """
    return [probabilities for probabilities, _ in _weigh_all(completions)]


def counted(
    options: Sequence[str], votes: Sequence[int], *, place: str = "", seed: int = 0, temperature: float = 0.0
) -> Choice:
    """Choose by votes: the probability of an option is its share of them, and each vote counts as an order asked.

    Args:
        options: what can be chosen, at most 26.
        votes: the index of an option, each.
        place: where in the run this choice stands.
        seed: settles ties and draws.
        temperature: as in :func:`choose`.

    Raises:
        ValueError: no votes.
    """
    if not votes:
        raise ValueError("no votes")
    single = [([float(index == vote) for index in range(len(options))], [False] * len(options)) for vote in votes]
    return _settle(options, single, place, seed, temperature)


def label_request(
    messages: Sequence[Message], question: str, options: Sequence[str], shift: int = 0, seed: int = 0
) -> Request:
    """Return the question for one order of the options: that of ``options``, rotated by ``shift`` to the left."""
    labels = tuple(ascii_uppercase[: len(options)])
    ending = f"Answer with one letter: {', '.join(labels[:-1])} or {labels[-1]}."
    asked = "\n\n".join([question, option_lines(options, shift), ending])
    return Request(messages=with_instruction(messages, asked), form="label", labels=labels, max_tokens=1, seed=seed)


def option_lines(options: Sequence[str], shift: int = 0) -> str:
    """Return the options as a question lists them, one a line behind its label, rotated by ``shift`` to the left."""
    order = [*options[shift:], *options[:shift]]
    return "\n".join(f"{label}. {' '.join(text.split())}" for label, text in zip(ascii_uppercase, order, strict=False))


Weighed = tuple[list[float], list[bool]]
"""One order's probabilities, and which are only bounds, by the options' own order."""


def _weigh_all(completions: Sequence[Completion]) -> list[Weighed]:
    labels = ascii_uppercase[: len(completions)]
    return [_weigh(completion, labels, shift) for shift, completion in enumerate(completions)]


def _weigh(completion: Completion, labels: Sequence[str], shift: int) -> Weighed:
    """Softmax one order's labels and turn them back into the options' own order."""
    logprobs = [(completion.logprobs or {}).get(label) for label in labels]
    floor = completion.logprob_floor
    if all(value is None for value in logprobs):
        raise InvalidOutput("the answer carries no probability of any label", raw=completion.text)
    bounded = [value if value is not None else floor if floor is not None else -math.inf for value in logprobs]
    most = max(bounded)
    weights = [math.exp(value - most) for value in bounded]
    probabilities = [weight / sum(weights) for weight in weights]
    censored = [value is None for value in logprobs]
    back = len(logprobs) - shift
    return [*probabilities[back:], *probabilities[:back]], [*censored[back:], *censored[:back]]


def _mean(rows: Sequence[Sequence[float]]) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def _settle(options: Sequence[str], weighed: Sequence[Weighed], place: str, seed: int, temperature: float) -> Choice:
    mean = _mean([probabilities for probabilities, _ in weighed])
    censored = [any(column) for column in zip(*(c for _, c in weighed), strict=True)]
    chosen = _draw(mean, place, seed, temperature) if temperature > 0 else _most_probable(mean, options, seed)
    first = sum(probabilities[chosen] >= max(probabilities) - _SAME for probabilities, _ in weighed)
    return Choice(
        options=tuple(
            Option(label=label, text=text, probability=min(1.0, p), censored=bound)
            for label, text, p, bound in zip(ascii_uppercase, options, mean, censored, strict=False)
        ),
        chosen=chosen,
        order_consistency=first / len(weighed),
        orders=len(weighed),
        sampled=temperature > 0,
    )


def _most_probable(mean: Sequence[float], options: Sequence[str], seed: int) -> int:
    tied = [index for index, p in enumerate(mean) if p >= max(mean) - _SAME]
    return min(tied, key=lambda index: hashlib.sha256(f"{seed} {options[index]}".encode()).digest())


def _draw(mean: Sequence[float], place: str, seed: int, temperature: float) -> int:
    weights = [(p / max(mean)) ** (1 / temperature) for p in mean]
    generator = random.Random(f"{seed} {place}")  # noqa: S311 - a draw that can be repeated
    return generator.choices(range(len(mean)), weights)[0]
