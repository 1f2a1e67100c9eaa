"""A file of 100,000 receivables into an empty portfolio, and the same file again, against a bare COPY of the same rows.

The bare reference copies the rows the file was read into to a plain table without keys or indexes, on the same server in
the same run. Both commit. The steps are timed where they begin; `--statements` also lists the slowest statements.
"""

import argparse
import io
import json
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, event, text

from tests.cast import hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions.imports import ImportFile, Intake, open_file, save_import

STATES = ("Sonora", "Jalisco", "Puebla", "Baja California", "")


def invented(receivables: int) -> bytes:
    """A file of two receivables a debtor, every fifth settled and every tenth partly paid, with a phone each."""
    draw = random.Random(7)
    lines = ["Cliente;Nombre;Cuenta;Factura;Emision;Vencimiento;Importe;Saldo;Fecha pago;Telefono;Provincia"]
    first = date(2026, 1, 13)
    for n in range(receivables):
        who, due = n // 2, first + timedelta(days=draw.randrange(280))
        amount = draw.randrange(100_00, 9_000_00)
        paid = n % 5 == 0
        left = 0 if paid else amount // 2 if n % 10 == 1 else amount
        paid_on = f"{due + timedelta(days=draw.randrange(20)):%d/%m/%Y}" if paid else ""
        lines.append(
            f"D{who:06};Deudora Número {who};A{who:06};F{n:07};{due - timedelta(days=30):%d/%m/%Y};{due:%d/%m/%Y};"
            f"{amount / 100:.2f};{left / 100:.2f};{paid_on};55{50000000 + who * 37 % 9999999};{STATES[who % 5]}"
        )
    return "\n".join(lines).encode()


def bare_copy(rows: pa.Table) -> float:
    """Seconds of a COPY of the rows into a plain table, commit included."""
    columns = ", ".join(
        f"{name} {kind}" for name, kind in zip(rows.column_names, map(sql_type, rows.schema), strict=True)
    )
    with db.transaction() as session:
        session.execute(text("DROP TABLE IF EXISTS bare"))
        session.execute(text(f"CREATE TABLE bare ({columns})"))
    began = time.perf_counter()
    with db.transaction() as session:
        buffer = io.BytesIO()
        csv.write_csv(rows, buffer, csv.WriteOptions(include_header=False))
        with session.connection().connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            copy.write(buffer.getbuffer())
    return time.perf_counter() - began


def sql_type(field: pa.Field) -> str:
    if pa.types.is_decimal(field.type):
        return "numeric(18, 2)"
    return {"int32": "int", "date32[day]": "date", "bool": "bool"}.get(str(field.type), "text")


@contextmanager
def timed_statements(found: list[tuple[float, str]]) -> Iterator[None]:
    def before(connection: Connection, _cursor: Any, _statement: str, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def after(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append((time.perf_counter() - connection.info["began"], " ".join(statement.split())[:100]))

    event.listen(db.engine(), "before_cursor_execute", before)
    event.listen(db.engine(), "after_cursor_execute", after)
    yield
    event.remove(db.engine(), "before_cursor_execute", before)
    event.remove(db.engine(), "after_cursor_execute", after)


def measure(portfolio_id: int, data: bytes) -> tuple[dict[str, float], Intake, dict[str, int]]:
    """Seconds of each step of one import, what was read, and the report's counts."""
    marks = [("read", time.perf_counter())]
    at = datetime.now(UTC)
    with db.reading() as session:
        intake = open_file(session, None, portfolio_id, ImportFile("bench.csv", data), at=at)
    with db.transaction() as session:
        report = save_import(
            session, intake, by=None, at=at, told=lambda step: marks.append((step, time.perf_counter()))
        )
    ends = [began for _, began in marks[1:]] + [time.perf_counter()]
    return {name: end - began for (name, began), end in zip(marks, ends, strict=True)}, intake, report.counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--receivables", type=int, default=100_000)
    parser.add_argument("--statements", action="store_true")
    asked = parser.parse_args()
    data = invented(asked.receivables)
    found: list[tuple[float, str]] = []
    with throwaway_folder() as home, embedded.using(Path(home), durable=False) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        with db.transaction() as session:
            portfolio_id = hire(session).mexico.id
        assert portfolio_id is not None
        with timed_statements(found):
            first, intake, counts = measure(portfolio_id, data)
        again, _, same = measure(portfolio_id, data)
        rows = pa.Table.from_pandas(intake.reading.rows, preserve_index=False)
        bare = statistics.median(bare_copy(rows) for _ in range(3))
        db.engine().dispose()
    assert same["unchanged"] == asked.receivables, same
    report = {
        "receivables": asked.receivables,
        "bare_copy_s": round(bare, 3),
        "first": {name: round(seconds, 2) for name, seconds in first.items()},
        "first_s": round(sum(first.values()), 2),
        "first_ratio": round(sum(first.values()) / bare, 1),
        "first_ratio_without_reading_and_rescoring": round((first["stage"] + first["plan"] + first["save"]) / bare, 1),
        "again": {name: round(seconds, 2) for name, seconds in again.items()},
        "again_s": round(sum(again.values()), 2),
        "again_ratio": round(sum(again.values()) / bare, 1),
        "counts": counts,
    }
    if asked.json:
        print(json.dumps(report, indent=2))
        return
    for name, value in report.items():
        print(f"{name:45} {value}")
    if asked.statements:
        for seconds, statement in sorted(found, reverse=True)[:25]:
            print(f"{seconds:7.2f} s  {statement}")


if __name__ == "__main__":
    main()
