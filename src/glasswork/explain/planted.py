"""Decisions whose driver is known, because it was planted: what an attribution can be tried on.

Each case has one segment that says what is to be done, seven that do not, all of one length in words, and four options.
Where the driver stands, which option it dictates and which label that option carries are dealt from shuffled decks, so
that over a suite none of them tells the answer. The driver never names a label, and in three of the five templates none
of the words of an option either.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glasswork.explain.case import Case, CaseOption
from glasswork.models.choice import label_request
from glasswork.models.pieces import pieces
from glasswork.records import Message, Segment

SEGMENTS = 8
_FILLERS = ("", "indeed", "as well", "as we know", "as everybody here knows")
"""By their number of words: what brings a text to the length of the others."""


class Template(NamedTuple):
    """One kind of decision."""

    name: str
    role: str
    prose: str
    source: str
    """Where the driver comes from, and all others too: the source must not tell them apart."""
    question: str
    options: tuple[str, ...]
    drivers: tuple[str, ...]
    """One for each option."""
    others: tuple[str, ...]


POLICY = Template(
    name="policy",
    role="Support clerk",
    prose="You handle complaints of customers. You do what the rules of the house say, and nothing else.",
    source="policy",
    question="A customer's lamp arrived broken. What do you do about the complaint?",
    options=("Refund the full price", "Send a replacement", "Ask for a photograph", "Offer a discount"),
    drivers=(
        "Rule of the house: when goods arrive broken, refund the full price at once.",
        "Rule of the house: when goods arrive broken, send a replacement at once.",
        "Rule of the house: when goods arrive broken, ask for a photograph before all else.",
        "Rule of the house: when goods arrive broken, offer a discount and keep the sale.",
    ),
    others=(
        "Rule of the house: letters are answered on the working day after they come.",
        "Rule of the house: the telephone is answered before it has rung four times.",
        "Rule of the house: clerks wear a badge with their first name on it.",
        "Rule of the house: the kitchen is cleaned by whoever used it last.",
        "Rule of the house: parcels leave the building at noon and at five.",
        "Rule of the house: windows are shut when the last person goes home.",
        "Rule of the house: the warehouse counts its lamps twice in a year.",
        "Rule of the house: visitors write their names into the book downstairs.",
        "Rule of the house: new clerks sit beside an older one for a month.",
    ),
)

NUMBER = Template(
    name="number",
    role="Shipping agent",
    prose="You choose the tariff of parcels by their weight. The tariff that fits the weight is the right one.",
    source="measurement",
    question="Which tariff does this parcel go by?",
    options=("Small: up to 10", "Medium: 11 to 20", "Large: 21 to 30", "Heavy: 31 to 40"),
    drivers=(
        "The scale at the gate showed that it weighs 6 kg with its box.",
        "The scale at the gate showed that it weighs 16 kg with its box.",
        "The scale at the gate showed that it weighs 26 kg with its box.",
        "The scale at the gate showed that it weighs 36 kg with its box.",
    ),
    others=(
        "The address is on the sunny side of a street with old trees.",
        "The sender has been with us since the bridge was built.",
        "The box is brown and has a blue ribbon around its middle.",
        "The driver on this route is called Anna and likes the radio.",
        "The label was printed on the new machine beside the door.",
        "The receiver is at home in the mornings and works in the afternoons.",
        "The parcel holds books about birds, and a card with good wishes.",
        "The van for this route was washed and its tyres were changed.",
        "The stamp shows a lighthouse and was drawn by a painter from here.",
    ),
)

MESSAGE = Template(
    name="message",
    role="Software engineer",
    prose="You repair programs. You start where the evidence of your colleagues points, and nowhere else.",
    source="message.tester",
    question="The program crashes. Which part do you look at first?",
    options=("The parser", "The network client", "The database", "The user interface"),
    drivers=(
        "I saw it crash each time a bracket in the source text was not closed.",
        "I saw it crash each time the cable was unplugged during a download.",
        "I saw it crash each time two stored rows had the same primary key.",
        "I saw it crash each time somebody clicked on the blue button twice.",
    ),
    others=(
        "I saw that the office gets new chairs at the end of the month.",
        "I saw your holiday request and passed it on to the right desk.",
        "I saw that the build took nine minutes, as it did last week.",
        "I saw the slides of your talk and liked the second half best.",
        "I saw that the licence text is in the folder where it belongs.",
        "I saw the new colleague at lunch; she starts with us on Monday.",
        "I saw that the plan for the spring has been put on the wall.",
        "I saw that all of us have signed the card for the caretaker.",
        "I saw that the coffee machine on our floor works again since noon.",
    ),
)

PASSAGE = Template(
    name="passage",
    role="Safety officer",
    prose="You answer by the handbook that is quoted to you. What it advises for a case is what is done.",
    source="handbook",
    question="A pan of oil burns in the canteen. What is used?",
    options=("Water", "Foam", "Sand", "A wet blanket"),
    drivers=(
        "The handbook says of burning oil in kitchens: water is what has to be used.",
        "The handbook says of burning oil in kitchens: foam is what has to be used.",
        "The handbook says of burning oil in kitchens: sand is what has to be used.",
        "The handbook says of burning oil in kitchens: a wet blanket has to be used.",
    ),
    others=(
        "The handbook says of ladders: they are looked over in spring and in autumn.",
        "The handbook says of heavy boxes: two people carry them, and never on stairs.",
        "The handbook says of visitors: somebody who works here walks with them.",
        "The handbook says of alarms: they are tried on the first Friday at ten.",
        "The handbook says of lamps: broken ones are reported to the caretaker.",
        "The handbook says of long days: a pause is due after six hours of work.",
        "The handbook says of keys: whoever loses one tells the office that day.",
        "The handbook says of noise: ears are covered beside the large machines.",
        "The handbook says of doors: nothing may stand in front of the way out.",
    ),
)

WISH = Template(
    name="wish",
    role="Travel clerk",
    prose="You book journeys for a client. The city that meets the wish of the client is the right one.",
    source="client",
    question="Which city do you book?",
    options=("Paris", "Rome", "London", "Berlin"),
    drivers=(
        "The client said that the Eiffel Tower has to be seen from the window.",
        "The client said that the Colosseum has to be seen from the window.",
        "The client said that Buckingham Palace has to be seen from the window.",
        "The client said that the Brandenburg Gate has to be seen from the window.",
    ),
    others=(
        "The client said that the bill should go to the office and not home.",
        "The client said that a quiet room matters more than a large one.",
        "The client said that breakfast is welcome but need not be early.",
        "The client said that the children stay with their aunt this time.",
        "The client said that trains are more pleasant than small aircraft.",
        "The client said that the last journey went well and was good value.",
        "The client said that the passport was renewed in the summer.",
        "The client said that one suitcase and a coat is all there will be.",
        "The client said that a card by post is fine as a confirmation.",
    ),
)

TEMPLATES = (POLICY, NUMBER, MESSAGE, PASSAGE, WISH)


def planted(count: int = 120, *, seed: int = 0, templates: Sequence[Template] = TEMPLATES) -> list[Case]:
    """Make decisions with a known driver.

    ``case.driver`` is the segment that was planted and ``case.choice`` the option that it dictates: whether a model
    follows is for the study to find out. Templates take turns; within each, positions, options and labels are balanced.
    """
    decks = [_Decks(random.Random(f"{seed} {template.name}")) for template in templates]  # noqa: S311 - repeatable
    return [
        _case(templates[index % len(templates)], decks[index % len(templates)], index, seed) for index in range(count)
    ]


class _Decks:
    """What is dealt to the cases of one template."""

    def __init__(self, generator: random.Random) -> None:
        self.generator = generator
        self.positions = _dealt(generator, SEGMENTS)
        self.dictated = _dealt(generator, 4)
        self.labels = _dealt(generator, 4)


def _dealt(generator: random.Random, count: int) -> Iterator[int]:
    """Yield numbers below ``count``, each once before any comes again."""
    while True:
        yield from generator.sample(range(count), count)


def _case(template: Template, decks: _Decks, index: int, seed: int) -> Case:
    position, dictated, label = next(decks.positions), next(decks.dictated), next(decks.labels)
    texts = decks.generator.sample(template.others, SEGMENTS - 1)
    texts.insert(position, template.drivers[dictated])
    words = length(template)
    segments = [
        Segment(id=f"s{number}", source=template.source, text=_filled(text, words))
        for number, text in enumerate(texts, 1)
    ]
    others = [option for option in template.options if option != template.options[dictated]]
    decks.generator.shuffle(others)
    options = [*others[:label], template.options[dictated], *others[label:]]
    request = label_request(prompt(template, segments), template.question, options, 0, seed)
    return Case(
        id=f"{template.name}-{index + 1}",
        agent=template.name,
        segments=tuple(segments),
        options=tuple(CaseOption(label=name, text=text) for name, text in zip(request.labels, options, strict=True)),
        choice=request.labels[label],
        driver=segments[position].id,
        request=request,
        question=template.question,
    )


def prompt(template: Template, segments: Sequence[Segment]) -> tuple[Message, ...]:
    """Return what an agent of this role has before it, as agents are shown it."""
    return (
        Message(role="system", content=f"You are a {template.role.lower()}.\n\n{template.prose}"),
        Message(role="user", content=f"What you have before you, each piece under its id:\n\n{pieces(segments)}"),
    )


def length(template: Template) -> int:
    """Return the words that all texts of a template are brought to: one more than the longest, so that all are."""
    return 1 + max(len(text.split()) for text in (*template.drivers, *template.others))


def _filled(text: str, words: int) -> str:
    return f"{text.removesuffix('.')} {_FILLERS[words - len(text.split())]}."
