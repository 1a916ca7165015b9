"""Records the moves of the Axelrod library that our strategies must repeat: writes ``axelrod_moves.json`` beside itself;
and what the library says of its strategies: ``src/glasswork/games/axelrod_strategies.json``.

Run it in an environment of its own that has ``axelrod==4.13.1`` (importing it takes half a minute; later versions need
torch), from anywhere: ``python tests/games/record_axelrod.py``. Each deterministic strategy that both sides have meets
each opponent for 50 rounds, without noise and with slips of its hand in fixed rounds; kept are the strategy's moves, as a hexadecimal number whose binary digits, from the first round on, are 1 for D. The
opponents are scripts of fixed moves, so that what is compared is one strategy at a time, and the other strategies.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

ROUNDS = 50
NAMES = {
    "cooperator": "Cooperator",
    "defector": "Defector",
    "alternator": "Alternator",
    "cycler_ccd": "CyclerCCD",
    "cycler_ddc": "CyclerDDC",
    "tit_for_tat": "TitForTat",
    "suspicious_tit_for_tat": "SuspiciousTitForTat",
    "tit_for_two_tats": "TitFor2Tats",
    "two_tits_for_tat": "TwoTitsForTat",
    "hard_tit_for_tat": "HardTitForTat",
    "hard_tit_for_two_tats": "HardTitFor2Tats",
    "slow_tit_for_tat": "SlowTitForTwoTats2",
    "spiteful_tit_for_tat": "SpitefulTitForTat",
    "anti_tit_for_tat": "AntiTitForTat",
    "bully": "Bully",
    "forgiving_tit_for_tat": "ForgivingTitForTat",
    "adaptive_tit_for_tat": "AdaptiveTitForTat",
    "contrite_tit_for_tat": "ContriteTitForTat",
    "omega_tit_for_tat": "OmegaTFT",
    "grudger": "Grudger",
    "davis": "FirstByDavis",
    "fool_me_once": "FoolMeOnce",
    "aggravater": "Aggravater",
    "easy_go": "EasyGo",
    "forgetful_grudger": "ForgetfulGrudger",
    "soft_grudger": "SoftGrudger",
    "gradual": "OriginalGradual",
    "shubik": "FirstByShubik",
    "level_punisher": "LevelPunisher",
    "grudging_alternator": "GrudgerAlternator",
    "win_stay_lose_shift": "WinStayLoseShift",
    "win_shift_lose_stay": "WinShiftLoseStay",
    "tester": "SecondByTester",
    "prober": "Prober",
    "kind_prober": "Prober2",
    "quick_prober": "Prober3",
    "detective": "Detective",
    "handshake": "Handshake",
    "collective": "CollectiveStrategy",
    "gradual_killer": "GradualKiller",
    "soft_majority": "GoByMajority",
    "hard_majority": "HardGoByMajority",
    "forgiver": "Forgiver",
    "appeaser": "Appeaser",
    "short_memory": "ShortMem",
    "nydegger": "FirstByNydegger",
    "second_grofman": "SecondByGrofman",
    "downing": "FirstByDowning",
    "revised_downing": "RevisedDowning",
    "adaptive": "Adaptive",
}
"""Ours, and theirs."""


SLIPS = "".join("1" if number in {3, 9, 10, 17, 24, 30, 37, 46} else "0" for number in range(ROUNDS))
"""In which rounds the strategy's hand slips."""


def scripts() -> dict[str, str]:
    """Return opponents that follow a script: kind, unkind, and in between."""
    draw = random.Random(1984)
    scripts = {
        f"script {kindness}% {number}": "".join("C" if draw.random() < kindness / 100 else "D" for _ in range(ROUNDS))
        for kindness in (10, 30, 50, 70, 90)
        for number in (1, 2, 3)
    }
    return scripts | {"one slip": "C" * 5 + "D" + "C" * (ROUNDS - 6), "late": "C" * 30 + "D" * (ROUNDS - 30)}


def main() -> None:
    """Play, and write."""
    import axelrod

    def met(ours: str, theirs: object) -> str:
        match = axelrod.Match((getattr(axelrod, NAMES[ours])(), theirs), turns=ROUNDS)
        digits = "".join("1" if str(own) == "D" else "0" for own, _ in match.play())
        return f"{int(digits, 2):x}"

    def slipped(ours: str, moves: str) -> str:
        """Return what is meant where every slip of its own hand is done, round by round, as a match with noise does it."""
        player, opponent = getattr(axelrod, NAMES[ours])(), script(moves)
        meant = []
        for letter, slip in zip(moves, SLIPS, strict=True):
            answer = axelrod.Action.from_char(letter)
            meant.append(player.strategy(opponent))
            done = meant[-1].flip() if slip == "1" else meant[-1]
            player.update_history(done, answer)
            opponent.update_history(answer, done)
        return f"{int(''.join('1' if str(move) == 'D' else '0' for move in meant), 2):x}"

    def script(moves: str) -> object:
        return axelrod.MockPlayer([axelrod.Action.from_char(move) for move in moves])

    against = scripts()
    found = {
        "version": axelrod.__version__,
        "rounds": ROUNDS,
        "scripts": against,
        "strategies": list(NAMES),
        "called": {ours: getattr(axelrod, theirs).name for ours, theirs in NAMES.items()},
        "against scripts": {ours: " ".join(met(ours, script(moves)) for moves in against.values()) for ours in NAMES},
        "slips": SLIPS,
        "with slips": {ours: " ".join(slipped(ours, moves) for moves in against.values()) for ours in NAMES},
        "against each other": {
            ours: " ".join(met(ours, getattr(axelrod, theirs)()) for theirs in NAMES.values()) for ours in NAMES
        },
    }
    path = Path(__file__).with_name("axelrod_moves.json")
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    record_what_is_said()


def record_what_is_said() -> None:
    """Write what the library says of its strategies, a line each."""
    import axelrod

    path = Path(__file__).parents[2] / "src" / "glasswork" / "games" / "axelrod_strategies.json"
    lines = ",\n".join(f"  {json.dumps(said_of(one))}" for one in axelrod.all_strategies)
    path.write_text(f'{{"version": "{axelrod.__version__}", "strategies": [\n{lines}\n]}}\n', encoding="utf-8")


def said_of(kind: type) -> dict[str, object]:
    """Return what the library says of a strategy, less what holds of most."""
    from axelrod import Classifiers

    player = kind()
    memory = Classifiers["memory_depth"](player)
    said = {
        "name": kind.name,
        "draws": bool(Classifiers["stochastic"](player)),
        "memory": None if memory == float("inf") else int(memory),
        "slow": bool(Classifiers["long_run_time"](player)),
        "cheats": not Classifiers.obey_axelrod(player),
    }
    return {name: value for name, value in said.items() if value is not None and value is not False}


if __name__ == "__main__":
    main()
