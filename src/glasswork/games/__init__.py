"""Repeated games: rules, strategies, matches, measures. Pure: knows nothing of agents, models, files."""

from glasswork.games.classics import Strategy, strategies
from glasswork.games.match import Match, Round, Seen, View
from glasswork.games.ordinal import ordinal
from glasswork.games.pairing import Pairing, round_robin
from glasswork.games.play import AsyncPlayer, Player, play, play_async
from glasswork.games.presets import PRESETS, preset
from glasswork.games.rules import FixedHorizon, Game, MatrixGame, PublicGoods, RandomHorizon, Rules

__all__ = [
    "PRESETS",
    "AsyncPlayer",
    "FixedHorizon",
    "Game",
    "Match",
    "MatrixGame",
    "Pairing",
    "Player",
    "PublicGoods",
    "RandomHorizon",
    "Round",
    "Rules",
    "Seen",
    "Strategy",
    "View",
    "ordinal",
    "play",
    "play_async",
    "preset",
    "round_robin",
    "strategies",
]
