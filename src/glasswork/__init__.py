"""Teams of role-prompted agents whose every decision can be read, replayed and tested."""

__version__ = "0.1.0"
