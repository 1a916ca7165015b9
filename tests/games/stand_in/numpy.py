"""Stands in for numpy: the stand-in for the axelrod library has no use for more."""

array = list
