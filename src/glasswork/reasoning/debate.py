"""Several debaters answer, read each other, and answer again; what most of them come to in the end is the answer.

Du et al. 2023, Improving factuality and reasoning in language models through multiagent debate, arXiv 2305.14325. All
debaters are one model, told apart by seed and by the order in which they see fixed options.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.reasoning.base import Planning, Proposal, gist, strategies
from glasswork.reasoning.chains import Chain, chain_job, chain_of, concluded, first_instruction
from glasswork.reasoning.purse import Job
from glasswork.reasoning.thinking import Thinking
from glasswork.reasoning.web import BUDGET, Settled
from glasswork.records import Completion

_AGAIN = (
    "Others think otherwise or alike. Hold their reasons against yours, change your mind where theirs are better, and "
    "only there."
)


@strategies.register("debate")
async def debate(planning: Planning) -> Proposal:
    """``debaters`` who speak ``rounds`` times; fixed options get their votes of the last round.

    A round that the budget does not hold whole is not held: nobody is to be heard once more than others.

    Raises:
        InvalidOutput: nobody came to an answer.
        UserError: its budget does not hold the first round.
    """
    thinking, settings = Thinking(planning), planning.settings
    rounds, ended, tried = list[list[Chain]](), f"all {settings.rounds} rounds were held", 0
    for round_ in range(1, settings.rounds + 1):
        jobs = _jobs(thinking, round_, rounds[-1] if rounds else [])
        whole = thinking.purse.holds([request for _, request in jobs])
        answers = await thinking.purse.all(jobs) if whole else [None]
        if None in answers:
            ended = BUDGET
            break
        numbers = range((round_ - 1) * settings.debaters + 1, round_ * settings.debaters + 1)
        spoke = [chain for number, one in zip(numbers, answers, strict=True) if (chain := chain_of(number, one))]
        tried += len(answers)
        for number, answer in zip(numbers, answers, strict=True):
            if not isinstance(answer, Completion) and answer is not None:
                thinking.note(Settled(number, (), "argue", "(no usable answer)", None, "dropped", answer.message))
        _note(thinking, spoke, rounds[-1] if rounds else [], settings.debaters)
        if not spoke:
            ended = "in the last round nobody came to an answer"
            break
        rounds.append(spoke)
    return _concluded(thinking, rounds, ended, tried)


def _jobs(thinking: Thinking, round_: int, before: Sequence[Chain]) -> list[Job]:
    """Return the questions of one round; each debater reads the others first, its own answer last."""
    count, first = thinking.settings.debaters, first_instruction(thinking.planning)
    jobs = list[Job]()
    for debater in range(1, count + 1):
        own = [chain for chain in before if (chain.number - 1) % count + 1 == debater]
        others = [chain for chain in before if chain not in own]
        heard = "".join(f"\n\nAnother says: {chain.thinking} So: {chain.answer}" for chain in others)
        heard += "".join(f"\n\nYou said: {chain.thinking} So: {chain.answer}" for chain in own)
        instruction = f"{first}{heard}\n\n{_AGAIN}" if before else first
        jobs.append(chain_job(thinking, debater, f"round/{round_}/{debater}", instruction))
    return jobs


def _note(thinking: Thinking, spoke: Sequence[Chain], before: Sequence[Chain], count: int) -> None:
    """Record what was said in a round, after what: one's own word first, then that of the others."""
    for chain in spoke:
        own = [one for one in before if (one.number - 1) % count == (chain.number - 1) % count]
        parents = tuple(one.number for one in [*own, *(one for one in before if one not in own)])
        turned = bool(own) and gist(own[0].answer) != gist(chain.answer)
        why = f"was for another answer before: {own[0].answer}" if turned else ""
        thinking.note(Settled(chain.number, parents, "argue", chain.text, None, "kept", why))


def _concluded(thinking: Thinking, rounds: Sequence[Sequence[Chain]], ended: str, tried: int) -> Proposal:
    planning = thinking.planning
    if not rounds:
        thinking.end((), ended)
        raise thinking.nothing(tried, ended)
    last = rounds[-1]
    proposal = concluded(planning, last, last)
    best = proposal.options[proposal.choice.chosen] if proposal.choice else proposal.options[0]
    agreeing = [chain.number for chain in last if gist(chain.answer) == gist(best)]
    thinking.end(agreeing, ended, agreement=len(agreeing) / len(last))
    return proposal
