"""Places where untrusted programs run."""
