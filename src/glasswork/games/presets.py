"""Games by name, with the settings that the literature plays them with."""

from __future__ import annotations

import re

from glasswork.errors import NotFound
from glasswork.games.ordinal import COUNT, ordinal
from glasswork.games.rules import FixedHorizon, Game, MatrixGame, PublicGoods, Rules

_DILEMMA = ("cooperate", "defect")
_AKATA = "Akata et al., Playing repeated games with large language models, Nature Human Behaviour 9 (2025)"
_BY_NUMBER = re.compile(r"game_(\d{1,3})")


def two_by_two(
    name: str, labels: tuple[str, str], payoffs: tuple[float, float, float, float], source: str = ""
) -> MatrixGame:
    """Return a symmetric game of two actions.

    ``payoffs`` are the row player's: both do the first, only I do, only the other does, neither; in the prisoner's
    dilemma R, S, T, P.
    """
    both, only_i, only_other, neither = payoffs
    return MatrixGame(
        name=name,
        actions=(labels, labels),
        payoffs=(((both, both), (only_i, only_other)), ((only_other, only_i), (neither, neither))),
        source=source,
    )


def prisoners_dilemma(
    temptation: float = 5, reward: float = 3, punishment: float = 1, sucker: float = 0, source: str = ""
) -> MatrixGame:
    """Return a prisoner's dilemma; by default with Axelrod's payoffs.

    Raises:
        ValueError: the payoffs make no dilemma, or taking turns to exploit each other would pay more than cooperating.
    """
    if not (temptation > reward > punishment > sucker and 2 * reward > temptation + sucker):
        raise ValueError("a prisoner's dilemma needs T > R > P > S and 2R > T + S")
    return two_by_two("the prisoner's dilemma", _DILEMMA, (reward, sucker, temptation, punishment), source)


def _rules(game: Game, rounds: int = 10) -> Rules:
    return Rules(game=game, horizon=FixedHorizon(rounds=rounds))


_BATTLE = MatrixGame(
    name="the battle of the sexes",
    actions=(("ballet", "football"), ("ballet", "football")),
    payoffs=(((10, 7), (0, 0)), ((0, 0), (7, 10))),
    source=_AKATA,
)
_PENNIES = MatrixGame(
    name="matching pennies",
    actions=(("heads", "tails"), ("heads", "tails")),
    payoffs=(((1, -1), (-1, 1)), ((-1, 1), (1, -1))),
    source="von Neumann, Zur Theorie der Gesellschaftsspiele, Mathematische Annalen 100 (1928)",
)
_GOODS = PublicGoods(
    name="public goods",
    players=4,
    endowment=20,
    multiplier=1.6,
    source="Fehr & Gächter, Cooperation and punishment in public goods experiments, American Economic Review 90 (2000)",
)
PRESETS: dict[str, Rules] = {
    "prisoners_dilemma": _rules(prisoners_dilemma(10, 8, 5, 0, _AKATA)),
    "prisoners_dilemma_axelrod": _rules(
        prisoners_dilemma(
            source="Axelrod, Effective choice in the prisoner's dilemma, J. Conflict Resolution 24 (1980)"
        ),
        rounds=200,
    ),
    "battle_of_the_sexes": _rules(_BATTLE),
    "stag_hunt": _rules(
        two_by_two("the stag hunt", ("stag", "hare"), (4, 1, 3, 2), "the ranks of Robinson & Goforth 2005, game 78")
    ),
    "chicken": _rules(
        two_by_two("chicken", ("swerve", "straight"), (3, 2, 4, 1), "the ranks of Robinson & Goforth 2005, game 12")
    ),
    "matching_pennies": _rules(_PENNIES),
    "public_goods": _rules(_GOODS),
}
"""Ten rounds where the source says nothing else."""


def preset(name: str) -> Rules:
    """Return the rules of this name; ``game_1`` to ``game_144`` are the ordinal two-by-two games.

    Raises:
        NotFound: there are none; the nearest name is suggested.
    """
    if name in PRESETS:
        return PRESETS[name]
    numbered = _BY_NUMBER.fullmatch(name)
    if numbered and 1 <= int(numbered[1]) <= COUNT:
        return _rules(ordinal(int(numbered[1])))
    raise NotFound("game", name, PRESETS, hint=f"the ordinal two-by-two games are called game_1 to game_{COUNT}")
