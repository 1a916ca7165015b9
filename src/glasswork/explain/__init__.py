"""Explanations put to the test: what drove a decision, whether it is said so, and where a failed run went wrong."""
