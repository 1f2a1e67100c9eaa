"""NumPy columns on their way into a set-based statement: by binary COPY when many, as arrays when few."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.columns import SQL_TYPES, as_wire

FEW = 2_000  # below it a temporary table costs more than it saves


def stage(
    session: Session, name: str, columns: Mapping[str, str], arrays: Mapping[str, Any], rows: Any
) -> tuple[str, dict[str, Any]]:
    """What to write after FROM to read the chosen rows of these arrays, and the values it needs."""
    if len(rows) <= FEW:
        return _as_arrays(columns, arrays, rows)
    definition = ", ".join(f"{column} {SQL_TYPES[kind]}" for column, kind in columns.items())
    session.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({definition}) ON COMMIT DROP"))
    session.execute(text(f"TRUNCATE {name}"))
    copy_in(session, f"COPY {name} ({', '.join(columns)}) FROM STDIN (FORMAT binary)", as_wire(columns, arrays, rows))
    session.execute(text(f"ANALYZE {name}"))
    return name, {}


def copy_in(session: Session, statement: str, pieces: list[bytes]) -> None:
    """Sends the pieces of a binary COPY."""
    cursor = session.connection().connection.cursor()
    with cursor.copy(statement) as copy:
        for piece in pieces:
            copy.write(piece)


def _as_arrays(columns: Mapping[str, str], arrays: Mapping[str, Any], rows: Any) -> tuple[str, dict[str, Any]]:
    places = ", ".join(f"CAST(:staged_{name} AS {SQL_TYPES[kind]}[])" for name, kind in columns.items())
    values = {f"staged_{name}": np.asarray(arrays[name])[rows].tolist() for name in columns}
    return f"(SELECT * FROM unnest({places}) AS one ({', '.join(columns)}))", values
