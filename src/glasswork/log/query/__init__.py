"""SQL over all runs."""

from glasswork.log.query.database import Answer, Skipped, ask
from glasswork.log.query.tables import TABLES, Column, Table

__all__ = ["TABLES", "Answer", "Column", "Skipped", "Table", "ask"]
