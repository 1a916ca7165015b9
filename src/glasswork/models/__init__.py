"""Language models behind one protocol: embedded, remote, started here, and doubles."""
