"""A file of 50,000 payments into a portfolio of as many debtors, and the same file again, against a bare COPY of the rows.

The bare reference copies the payments and the allocations that the file made to tables with the same columns, keys,
checks and indexes (LIKE … INCLUDING ALL; no foreign keys, which would make it slower), on the same server in the same
run. Both commit. The steps are timed where they begin; `--statements` also lists the slowest statements.
"""

import argparse
import json
import random
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from models.imports import FileKind
from tests.benchmarks.imports import timed_statements
from tests.cast import hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.queries.columns import copy_out
from workbench.queries.invariants import broken_invariants
from workbench.rules.import_reports import ImportReport

FIRST = date(2026, 1, 13)


def debts(count: int) -> bytes:
    """A file of two debts a debtor, with an account of their own."""
    draw = random.Random(7)
    lines = ["Cliente;Nombre;Cuenta;Factura;Vencimiento;Saldo"]
    for n in range(2 * count):
        who, due = n // 2, FIRST + timedelta(days=draw.randrange(280))
        lines.append(f"D{who:06};Deudora Número {who};A{who:06};F{n:07};{due};{draw.randrange(100, 9000)}.50")
    return "\n".join(lines).encode()


def payments(count: int) -> bytes:
    """One payment a debtor: half name nothing, a quarter the account, a quarter a document; every fifth is too much."""
    draw = random.Random(8)
    lines = ["Referencia;Fecha de pago;Monto;Cliente;Cuenta;Factura"]
    for n in range(count):
        on = FIRST + timedelta(days=280 + draw.randrange(20))
        amount = draw.randrange(20_000, 30_000) if n % 5 == 0 else draw.randrange(50, 9_000)
        named = (f"D{n:06};;", f"D{n:06};;", f";A{n:06};", f";A{n:06};F{2 * n + 1:07}")[n % 4]
        lines.append(f"BANCO-{n:08};{on};{amount}.25;{named}")
    return "\n".join(lines).encode()


def measure(portfolio_id: int, data: bytes, kind: FileKind) -> tuple[dict[str, float], ImportReport]:
    """Seconds of each step of one import, commit included in the last."""
    marks = [("read", time.perf_counter())]
    at = datetime.now(UTC)
    with db.reading() as session:
        intake = open_file(session, None, portfolio_id, ImportFile("bench.csv", data, kind=kind), at=at)
    with db.transaction() as session:
        report = save_import(
            session, intake, by=None, at=at, told=lambda step: marks.append((step, time.perf_counter()))
        )
    ends = [began for _, began in marks[1:]] + [time.perf_counter()]
    return {name: end - began for (name, began), end in zip(marks, ends, strict=True)}, report


def bare_copy() -> float:
    """Seconds of a COPY of the payments and allocations there are into tables with the same keys and indexes."""
    with db.transaction() as session:
        rows = {name: copy_out(session, f"SELECT * FROM {name}", {}) for name in ("payment", "allocation")}
        for name in rows:
            session.execute(text(f"DROP TABLE IF EXISTS bare_{name}"))
            session.execute(text(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)"))
    began = time.perf_counter()
    with db.transaction() as session:
        for name, data in rows.items():
            with session.connection().connection.cursor().copy(f"COPY bare_{name} FROM STDIN (FORMAT binary)") as copy:
                copy.write(data)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--payments", type=int, default=50_000)
    parser.add_argument("--statements", action="store_true")
    asked = parser.parse_args()
    found: list[tuple[float, str]] = []
    with throwaway_folder() as home, embedded.using(Path(home), durable=False) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        with db.transaction() as session:
            portfolio_id = hire(session).mexico.id
        assert portfolio_id is not None
        measure(portfolio_id, debts(asked.payments), FileKind.DEBTS)
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        data = payments(asked.payments)
        with timed_statements(found):
            first, report = measure(portfolio_id, data, FileKind.PAYMENTS)
        again, same = measure(portfolio_id, data, FileKind.PAYMENTS)
        bare = statistics.median(bare_copy() for _ in range(3))
        with db.reading() as session:
            assert broken_invariants(session, portfolio_id) == []
        db.engine().dispose()
    assert (report.counts["received"], report.refused) == (asked.payments, []), report
    assert (same.counts["unchanged"], same.changes) == (asked.payments, 0), same
    told = {
        "payments": asked.payments,
        "bare_copy_s": round(bare, 3),
        "first": {name: round(seconds, 2) for name, seconds in first.items()},
        "first_s": round(sum(first.values()), 2),
        "first_ratio": round(sum(first.values()) / bare, 1),
        "first_ratio_without_reading_and_rescoring": round((first["stage"] + first["plan"] + first["save"]) / bare, 1),
        "first_per_second": round(asked.payments / sum(first.values())),
        "again": {name: round(seconds, 2) for name, seconds in again.items()},
        "again_s": round(sum(again.values()), 2),
        "again_ratio": round(sum(again.values()) / bare, 1),
        "counts": report.counts,
    }
    if asked.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        print(f"{name:45} {value}")
    if asked.statements:
        for seconds, statement in sorted(found, reverse=True)[:25]:
            print(f"{seconds:7.2f} s  {statement}")


if __name__ == "__main__":
    main()
