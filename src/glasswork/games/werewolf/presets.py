"""Rule sets by name: those that others' engines and papers play by, as far as their sources say.

Where a source says nothing, the usual rule stands; what a source does that cannot be meant (a saved player who
vanishes, a seer with nobody left to look at) is not copied. See ``docs/explanation-werewolf.md``.
"""

from __future__ import annotations

from glasswork.definitions import WerewolfRules
from glasswork.definitions.werewolf import (
    InspectDef,
    KillDef,
    MayorDef,
    ProtectDef,
    TalkDef,
    VoteDef,
    WitchDef,
)
from glasswork.errors import NotFound

_KAGGLE = "Kaggle/kaggle-environments, envs/werewolf (GAME_RULE.md, configs/run/rule_experiment/standard.yaml), 2026"
_AIWOLF = "AIWolf contest, protocol division: aiwolf.org"


def _kaggle(name: str, villagers: int) -> WerewolfRules:
    return WerewolfRules(
        name=name,
        source=_KAGGLE,
        roles={"werewolf": 2, "seer": 1, "doctor": 1, "villager": villagers},
        night=("doctor", "seer", "werewolf"),
        talk=TalkDef(order="round_robin", rounds=2),
        vote=VoteDef(order="in_turn", tie="random"),
    )


def _aiwolf(name: str, **changes: object) -> WerewolfRules:
    told = {
        "name": name,
        "source": _AIWOLF,
        "night": ("werewolf", "guard", "seer", "medium"),
        "kill": KillDef(talk=1, first_night=False),
        "guard": ProtectDef(oneself=False),
        "talk": TalkDef(order="random", rounds=10),
        "vote": VoteDef(tie="revote", still_tied="random"),
        "reveal_night": "nothing",
        "reveal_day": "nothing",
    }
    return WerewolfRules.model_validate(told | changes)


_ARENA = WerewolfRules(
    name="arena_8",
    source="google/werewolf_arena (game.py, config.py), 2024; Bailis et al., Werewolf Arena, arXiv 2407.13943",
    roles={"werewolf": 2, "seer": 1, "doctor": 1, "villager": 4},
    night=("werewolf", "doctor", "seer"),
    kill=KillDef(by="one"),
    talk=TalkDef(order="bidding", turns=8),
    vote=VoteDef(shown="nothing", majority="strict"),
    reveal_night="nothing",
    reveal_day="nothing",
)
_XU = WerewolfRules(
    name="xu_7",
    source="Xu et al., Exploring LLMs for communication games, arXiv 2309.04658; xuyuzhuang11/Werewolf, 2024",
    roles={"werewolf": 2, "villager": 2, "seer": 1, "witch": 1, "guard": 1},
    night=("werewolf", "guard", "witch", "seer"),
    kill=KillDef(undecided="nobody", may_pass=True, own=True),
    witch=WitchDef(both=True),
    talk=TalkDef(order="random"),
    vote=VoteDef(order="in_turn", may_pass=True, passes_count=True),
    reveal_night="nothing",
    reveal_day="nothing",
    last_words=("exile",),
    win="all_villagers",
)
_AGENTSCOPE = WerewolfRules(
    name="agentscope_9",
    source="agentscope-ai/agentscope-samples, games/game_werewolves (game.py), 2025",
    roles={"werewolf": 3, "villager": 3, "seer": 1, "witch": 1, "hunter": 1},
    night=("werewolf", "witch", "seer"),
    kill=KillDef(own=True, talk=3),
    seer=InspectDef(tells="role", again=True),
    witch=WitchDef(oneself="never"),
    vote=VoteDef(tie="random"),
    reveal_night="nothing",
    reveal_day="nothing",
    last_words=("first_night", "exile"),
)
_METAGPT = WerewolfRules(
    name="metagpt_7",
    source="FoundationAgents/MetaGPT, environment/werewolf (werewolf_ext_env.py), 2025",
    roles={"werewolf": 2, "villager": 2, "seer": 1, "witch": 1, "guard": 1},
    night=("guard", "werewolf", "witch", "seer"),
    kill=KillDef(by="one"),
    witch=WitchDef(both=True),
    vote=VoteDef(order="in_turn", tie="random", may_pass=True),
    reveal_night="nothing",
    reveal_day="nothing",
    win="side_kill",
)
_PLUS = WerewolfRules(
    name="plus_9",
    source="WereWolf-Plus, arXiv 2506.12841 (second-hand): a table of 9 with a sheriff; talk and vote as in arena_8",
    roles={"werewolf": 3, "villager": 3, "seer": 1, "witch": 1, "hunter": 1},
    night=("werewolf", "witch", "seer"),
    mayor=MayorDef(weight=1.5),
    talk=TalkDef(order="bidding", turns=8),
    vote=VoteDef(majority="strict"),
    reveal_night="nothing",
    reveal_day="nothing",
)
_FOASTER = WerewolfRules(
    name="foaster_6",
    source="Foaster werewolf benchmark, its README and the log of game 35, 2025",
    roles={"werewolf": 2, "seer": 1, "witch": 1, "villager": 2},
    night=("seer", "werewolf", "witch"),
    kill=KillDef(by="consensus", rounds=4, talk=1),
    mayor=MayorDef(),
    talk=TalkDef(rounds=3),
)
_TEXTARENA = WerewolfRules(
    name="textarena_6",
    source="LeonGuertler/TextArena, envs/SecretMafia (env.py), 2025",
    roles={"werewolf": 2, "doctor": 1, "seer": 1, "villager": 2},
    night=("werewolf", "doctor", "seer"),
    doctor=ProtectDef(oneself=False),
    seer=InspectDef(again=True),
    talk=TalkDef(order="random", rounds=3),
    vote=VoteDef(order="in_turn", tie="random"),
    reveal_night="nothing",
    reveal_day="nothing",
)
_HELMSMAN = WerewolfRules(
    name="helmsman_7",
    source="Du & Zhang, Helmsman of the masses?, COLM 2024 (moderator.py)",
    roles={"werewolf": 2, "villager": 3, "seer": 1, "guard": 1},
    night=("werewolf", "guard", "seer"),
    mayor=MayorDef(breaks_ties=False, speaks_last=True),
)
_MIGDAL = WerewolfRules(
    name="migdal",
    source="Migdal, A mathematical model of the Mafia game, arXiv 1009.1031",
    roles={"werewolf": 2, "villager": 5},
    opens="day",
    night=("werewolf",),
    talk=TalkDef(order="silent"),
    vote=VoteDef(tie="random"),
    win="extinction",
)
PRESETS: dict[str, WerewolfRules] = {
    "arena_8": _ARENA,
    "kaggle_7": _kaggle("kaggle_7", 3),
    "kaggle_8": _kaggle("kaggle_8", 4),
    "xu_7": _XU,
    "agentscope_9": _AGENTSCOPE,
    "metagpt_7": _METAGPT,
    "plus_9": _PLUS,
    "foaster_6": _FOASTER,
    "textarena_6": _TEXTARENA,
    "helmsman_7": _HELMSMAN,
    "aiwolf_5": _aiwolf("aiwolf_5", roles={"villager": 2, "seer": 1, "werewolf": 1, "possessed": 1}),
    "aiwolf_15": _aiwolf(
        "aiwolf_15",
        roles={"villager": 8, "seer": 1, "medium": 1, "guard": 1, "werewolf": 3, "possessed": 1},
    ),
    "migdal": _MIGDAL,
}
"""By the name of who plays so, and the number of players."""
_ALSO = {"google_8": "arena_8"}


def preset(name: str) -> WerewolfRules:
    """Return the rules of this name; a hyphen counts as an underscore.

    Raises:
        NotFound: there are none; the nearest name is suggested.
    """
    plain = name.replace("-", "_")
    plain = _ALSO.get(plain, plain)
    if plain not in PRESETS:
        raise NotFound("werewolf preset", name, PRESETS)
    return PRESETS[plain]
