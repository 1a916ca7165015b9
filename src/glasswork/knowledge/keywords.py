"""Keywords of a question, for a search service that goes by words."""

from __future__ import annotations

import re

from glasswork.knowledge.index import Index

_WORD = re.compile(r"[^\W_](?:[\w.'\u2019/&+-]*[^\W_])?[+#%]*")
_LITTLE = frozenset(
    re.findall(
        r"\w+",
        "a about above after again all also always am among an and another any anybody anyone anything are aren as "
        "ask asked at be because been before being below between both but by can cannot could couldn did didn do "
        "does doesn doing don done during each either else ever every everybody everyone everything few for from "
        "further get gets give given go goes got had has hasn have haven having he her here hers him his how "
        "however i if in into is isn it its itself just know let like many may me might mine more most much must "
        "my myself neither no nobody none nor not nothing of off often on once one only onto or other others ought "
        "our ours out over own please possible rather really regarding same say says shall she should shouldn "
        "since so some somebody someone something such tell than that the their theirs them themselves then there "
        "these they thing things this those though through to together too under until up upon us very want wants "
        "was wasn we well were weren what whatever when whenever where whether which while who whoever whole whom "
        "whose why with within without won would wouldn yes you your yours yourself ",
    )
)
"""Words that ask or connect, and name nothing: in statutes some of them are rare, so rarity alone will not do."""


def keywords(index: Index, query: str, most: int) -> str:
    """Return the words of a question that name something, as it has them and in its order; of Chinese, all of it.

    Args:
        index: says which words are rare, where there are too many. One that it does not hold is the rarest.
        query: in words. Where all of them are little ones, they are what is asked with.
        most: words at most.
    """
    if index.language != "en":
        return query
    parts = list(dict.fromkeys(_WORD.findall(query)))
    named = [part for part in parts if part.lower().partition("'")[0].partition("\u2019")[0] not in _LITTLE] or parts
    weights = {part: max(map(index.bm25.rarity, index.words(part)), default=0.0) for part in named}
    rarest = sorted(named, key=lambda part: -weights[part])[:most]
    return " ".join(part for part in named if part in rarest) or query
