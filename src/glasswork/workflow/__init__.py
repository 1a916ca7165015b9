"""Workflows: from a checked definition to a finished run."""
