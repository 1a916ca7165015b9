"""The decision log: one append-only file of events a run."""
