"""The import's captioned SQL: what a file would change (`import_plan.sql`), and changing it (`import_save.sql`)."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, TextClause, text
from sqlmodel import Session


@lru_cache
def captioned(name: str) -> dict[str, list[TextClause]]:
    """The statements under each caption of a .sql file beside this module."""
    source = Path(__file__).with_name(name).read_text()
    pieces = re.split(r"^-- name: (\w+)\n", source, flags=re.MULTILINE)[1:]
    return {
        caption: [text(each) for each in body.split(";\n") if each.strip()]
        for caption, body in zip(pieces[::2], pieces[1::2], strict=True)
    }


def run(session: Session, name: str, caption: str, values: dict[str, Any]) -> CursorResult[Any]:
    """Runs the statements under a caption; returns the last one's result."""
    *first, last = captioned(name)[caption]
    for statement in first:
        session.execute(statement, _wanted(statement, values))
    return session.connection().execute(last, _wanted(last, values))


def _wanted(statement: TextClause, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in statement._bindparams}  # noqa: SLF001 (SQLAlchemy has no public list)
