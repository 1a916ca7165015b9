"""The sentences that count as claims, as patterns: what is not here is not heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

ClaimKind = Literal["card", "result", "protected", "poisoned", "accusation", "defence"]

WORDS = {
    "werewolf": "werewolf",
    "wolf": "werewolf",
    "evil": "werewolf",
    "guilty": "werewolf",
    "villager": "villager",
    "seer": "seer",
    "doctor": "doctor",
    "healer": "doctor",
    "guard": "guard",
    "bodyguard": "guard",
    "witch": "witch",
    "hunter": "hunter",
    "medium": "medium",
    "possessed": "possessed",
    "innocent": "not a werewolf",
    "clear": "not a werewolf",
    "clean": "not a werewolf",
    "good": "not a werewolf",
    "safe": "not a werewolf",
}
"""What words of a verdict come to."""

_ADVERBS = (
    "really|actually|indeed|in fact|truly|definitely|clearly|certainly|surely|obviously|just|only|simply|also|probably|"
    "likely|still|now|myself|honestly|very|most likely|so|absolutely|for sure|strongly|fully|completely|personally|"
    "have|do|did|successfully|both|too|quite|rather|highly"
)
ADV = rf"(?:[ ,]+(?:{_ADVERBS})\b,?)*"
_ADJECTIVES = "real|true|only|simple|plain|normal|ordinary|regular|humble|mere|village|loyal|fellow|common|honest"
_ART = rf"(?:\s+(?:a|an|the|your|another|one of the)\b)(?:\s+(?:{_ADJECTIVES})\b)*"
_CARD = r"(?:werewolf|wolf|villager|seer|doctor|healer|guard|bodyguard|witch|hunter|medium|possessed)"
# "the seer's friend", "a werewolf hunter" are no cards.
_END = (
    r"(?![\w])(?!'s?\b)(?![- ](?:hunter|expert|killer|victim|target|partner|side|team|pack|sympathi[sz]er|dog|"
    r"claim|or)\b)"
)
_IS = r"(?:\s+(?:is|must be|has to be|has got to be)\b|'s\b)"
_NOT = r"(?:\s+(?:is|are)\s+not\b|\s+isn't\b|\s+cannot be\b|\s+can't be\b|'s\s+not\b|\s+is\s+no\b)"
_I = r"\bI\b"
_I_AM = r"\b(?:I\s+am|I'm)\b"
_LOOKED = (
    r"(?:looked\s+(?:at|into)|checked(?:\s+on)?|inspected|investigated|examined|scanned|peeked\s+at|divined|"
    r"used my power on)"
)
_HIM = r"(?:he|she|they|it|who|that player)"
_VERDICT = (
    r"(?P<no>(?:not|no)\s+)?(?:(?:a|an|the|another|one of the)\s+)?(?:plain\s+|simple\s+)?"
    r"(?P<verdict>werewolf|wolf|werewolves|wolves|villager|seer|doctor|healer|guard|bodyguard|witch|hunter|medium|"
    r"possessed|innocent|clean|clear|good|safe|evil|guilty)" + _END
)
_NO_VERB = r"(?!\s+(?:is|was|are|were|to be|has|had|may|might|must|could|will|would|can|should|says?|said)\b)(?!')"
_OUT = r"(?:exile|lynch|vote\s+out|eliminate|hang|banish|get\s+rid\s+of|vote\s+against|vote\s+for)"
_WE = r"(?:let's|let\s+us|we\s+should|we\s+must|we\s+have\s+to|we\s+need\s+to|we\s+ought\s+to|I\s+want\s+to)"


class Pattern(NamedTuple):
    """One way to say something."""

    kind: ClaimKind
    regex: re.Pattern[str]
    says: str = ""
    """What is claimed of whom it is about, where the words do not say."""
    denies: bool = False
    """Whether the words hold a negation of their own."""


@cache
def patterns(names: tuple[str, ...]) -> tuple[Pattern, ...]:
    """Return every way to make a claim at a table of these players; the first that fits a place counts."""
    n = rf"(?<!\w)(?P<name>{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})(?!\w)"
    other = n.replace("?P<name>", "?:")
    gap = rf"(?:(?!{other})[^?!\n]){{0,45}}?"
    return tuple(_made([*_of_oneself(n), *_of_nights(n, gap), *_against(n), *_for(n)]))


_Row = tuple[ClaimKind, str, str, bool]


def _made(rows: Sequence[_Row]) -> list[Pattern]:
    return [Pattern(kind, re.compile(text, re.IGNORECASE), says, denies) for kind, text, says, denies in rows]


def _of_oneself(n: str) -> list[_Row]:
    card = rf"(?P<verdict>{_CARD}){_END}"
    return [
        ("card", rf"{_I_AM}{ADV}\s+not\b{ADV}{_ART}\s+{card}", "", True),
        ("card", rf"{_I_AM}{ADV}\s+no\s+{card}", "", True),
        ("card", rf"{_I_AM}{ADV}{_ART}\s+{card}", "", False),
        ("card", rf"{_I_AM}{ADV}\s+(?P<verdict>seer){_END}", "", False),
        ("card", rf"(?:{_I_AM}|\bmy\s+name\s+is)\s+{n}\s*,?(?:\s+and\s+I\s+am)?{ADV}{_ART}\s+{card}", "", False),
        ("card", rf"{_I}{ADV}\s+(?:claim|was\s+dealt|hold|got|drew|have){_ART}\s+{card}", "", False),
        ("card", rf"{_I}{ADV}\s+claim(?:\s+to\s+be)?(?:{_ART})?\s+{card}", "", False),
        ("card", rf"\bmy\s+(?:card|role){_IS}{ADV}(?:{_ART})?\s+{card}", "", False),
        ("card", rf"\bas(?:{_ART})?\s+{card}\s*,?\s+(?:I|my)\b", "", False),
    ]


def _of_nights(n: str, gap: str) -> list[_Row]:
    tells = r"(?:is|was|are|were|turned\s+out\s+to\s+be|came\s+back\s+as|shows?\s+(?:up\s+)?as|to\s+be|as)"
    looked = rf"{_I}{ADV}\s+{_LOOKED}\s+{n}"
    him = rf"(?:{_HIM}|(?P=name))"
    check = r"\bmy\s+(?:check|inspection|look|vision|investigation|result)\s+(?:of|on|at|for)"
    return [
        ("result", rf"{looked}{gap}\b{him}\s+(?:{tells}|isn't(?P<nt>))\s+{_VERDICT}", "", True),
        ("result", rf"{looked}(?:\s+(?:last night|tonight))?\s*(?:[:,-]|as|and\s+found)\s*{_VERDICT}", "", True),
        ("result", rf"{check}\s+{n}{gap}\b(?:showed|says|said|revealed|was|is|came\s+back)\s+{_VERDICT}", "", True),
        (
            "result",
            rf"{_I}{ADV}\s+(?:saw|found(?:\s+out)?|learned|discovered)\s+that\s+{n}\s+{tells}\s+{_VERDICT}",
            "",
            True,
        ),
        ("result", rf"{n}\s+{tells}\s+{_VERDICT}\s*[,:;-]?\s*(?:because\s+|since\s+)?I\s+{_LOOKED}\b", "", True),
        ("protected", rf"{_I}{ADV}\s+(?:protected|guarded|healed|saved|watched\s+over)\s+{n}", "", False),
        ("poisoned", rf"{_I}{ADV}\s+poisoned\s+{n}", "", False),
    ]


def _against(n: str) -> list[_Row]:
    wolf = rf"(?:{_ART})?\s+(?:werewolf|wolf|werewolves|wolves){_END}"
    bad = r"(?:lying|suspicious|a\s+liar|hiding\s+something|evil|guilty|dangerous)\b"
    seems = r"(?:looks|seems|sounds|acts|appears|is\s+acting|is\s+being|has\s+been)"
    votes = r"(?:I\s+vote|I'll\s+vote|I\s+will\s+vote|I\s+am\s+voting|I'm\s+voting|my\s+vote\s+(?:is|goes))"
    is_it = r"(?:werewolf|wolf|werewolves|wolves)\s+is|main\s+suspect\s+is|suspect\s+is"
    accuse = r"(?:suspect|accuse|distrust)"
    return [
        ("accusation", rf"{n}{_IS}{ADV}{wolf}", "werewolf", False),
        ("accusation", rf"{n}\s*,\s+you\s+are{ADV}{wolf}", "werewolf", False),
        ("accusation", rf"\byou\s+are{ADV}{wolf}\s*,\s+{n}", "werewolf", False),
        ("accusation", rf"{n}{_IS}{ADV}\s+{bad}", "", False),
        ("accusation", rf"{n}\s+{seems}{ADV}\s+(?:suspicious|guilty|evil|nervous|like{wolf})", "", False),
        ("accusation", rf"{_I}{ADV}\s+{accuse}\s+{n}{_NO_VERB}", "", False),
        ("accusation", rf"{_I}\s+(?:do\s+not|don't|cannot|can't)\s+trust\s+{n}{_NO_VERB}", "", True),
        ("accusation", rf"{_WE}\s+{_OUT}\s+{n}", "", False),
        ("accusation", rf"{votes}\s+(?:for|against|to\s+exile|out)\s+{n}", "", False),
        ("accusation", rf"(?:^|\bplease\s+)vote\s+(?:for|against|out)\s+{n}", "", False),
        ("accusation", rf"\b(?:the|my|one\s+of\s+the)\s+(?:{is_it})\s+{n}", "", False),
    ]


def _for(n: str) -> list[_Row]:
    wolf = rf"(?:{_ART})?\s+(?:werewolf|wolf){_END}"
    fine = r"(?:innocent|trustworthy|honest|telling\s+the\s+truth|on\s+our\s+side|one\s+of\s+us|good)\b(?!\s+at\b)"
    card = r"(?P<verdict>villager|seer|doctor|healer|guard|bodyguard|witch|hunter|medium)" + _END
    doubt = rf"{_I}{ADV}\s+(?:do\s+not|don't)\s+(?:think|believe|suspect)"
    spare = rf"(?:do\s+not|don't|let\s+us\s+not|let's\s+not|we\s+should\s+not|we\s+shouldn't)\s+{_OUT}"
    return [
        ("defence", rf"{n}{_NOT}{ADV}{wolf}", "not a werewolf", True),
        ("defence", rf"{n}{_NOT}{ADV}\s+(?:lying|suspicious|evil|guilty)\b", "", True),
        ("defence", rf"{doubt}(?:\s+that)?\s+{n}{_IS}{ADV}{wolf}", "not a werewolf", True),
        ("defence", rf"{doubt}\s+{n}(?=\s*[.,;!]|\s*$)", "", True),
        ("defence", rf"{n}{_IS}{ADV}{_ART}\s+{card}", "", False),
        ("defence", rf"{n}{_IS}{ADV}\s+{fine}", "", False),
        ("defence", rf"{_I}{ADV}\s+(?:trust|vouch\s+for|stand\s+by|defend|believe)\s+{n}{_NO_VERB}", "", False),
        ("defence", rf"{spare}\s+{n}", "", True),
    ]
