"""A file of payments into a portfolio: each row matched and judged, then all shared out as if entered one by one.

Planning and saving take the same steps over the same rules; only saving holds the cases and writes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlmodel import Session

from workbench.actions import audit
from workbench.actions.import_files import Intake, keep_refusal, keep_report, remember_mapping, run_of, why_nothing
from workbench.actions.import_statements import run
from workbench.actions.payment_rows import copy_payments
from workbench.actions.payment_writes import write_books
from workbench.actions.standings import rescore_cases
from workbench.actions.verifications import answer_verifications
from workbench.queries.payment_books import Books, books_of
from workbench.rules.import_reports import ImportReport, Sample
from workbench.rules.payment_files import Entered, Hit, Judged, Known, enter, judged

PLAN = "payment_plan.sql"
SHOWN = 5  # examples of each kind
ATTEMPTS = 3  # against payments that people enter under the file's references meanwhile


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file does to the books."""

    judged: Judged
    books: Books
    entered: list[Entered]


def plan_payments(session: Session, intake: Intake) -> ImportReport:
    """What the file would change; only temporary tables are written, and nobody is kept waiting."""
    return _report(intake, _plan(session, intake, lambda _: None, lock=False))


def save_payments(
    session: Session, intake: Intake, *, by: int | None, at: datetime, run_id: int | None, told: Callable[[str], None]
) -> ImportReport:
    """Brings a payment file in; the caller holds the creditor's books. The report is kept on the `ImportRun`."""
    plan = _plan(session, intake, told, lock=True)
    report = _report(intake, plan)
    if because := why_nothing(intake, report):
        return keep_refusal(session, intake, replace(report, because=because), by=by, at=at, run_id=run_id)
    told("save")
    import_run = run_of(session, intake, by=by, at=at, run_id=run_id)
    for attempt in range(ATTEMPTS):
        try:
            with session.begin_nested():
                write_books(session, import_run, plan.books, plan.entered, at=at)
            break
        except UniqueViolation:  # somebody has entered a payment under one of the references by hand
            if attempt == ATTEMPTS - 1:
                raise
            plan = _plan(session, intake, told, lock=True)
    saved = replace(_report(intake, plan), saved=True)
    told("rescore")
    _follow(session, intake, plan, by=by, at=at)
    remember_mapping(session, intake)
    saved = keep_report(session, import_run, saved, at=at)
    _audit(session, intake, plan, saved, by=by, at=at)
    return saved


def _plan(session: Session, intake: Intake, told: Callable[[str], None], *, lock: bool) -> Plan:
    """Matches and judges the rows, then enters them in the ledgers of their cases in the order they happened."""
    values: dict[str, Any] = {"portfolio": intake.portfolio.id, "creditor": intake.portfolio.creditor_id}
    # the hash tables of 100,000 rows fit; PostgreSQL's shipped 4 MB would spill to disk
    session.execute(text("SELECT set_config('work_mem', '64MB', true)"))
    told("stage")
    run(session, PLAN, "rooms", values)
    copy_payments(session, intake.sieve)
    run(session, PLAN, "analyze", values)
    told("plan")
    run(session, PLAN, "owners", values)
    hits = [Hit._make(row) for row in run(session, PLAN, "hits", values).all()]
    known = _known(session, values)
    found = judged(hits, known, intake.reading.columns)
    if lock and found.entries:
        run(session, PLAN, "lock_cases", values | {"cases": list({entry.case_id for entry in found.entries})})
        if (later := _known(session, values)) != known:
            found = judged(hits, later, intake.reading.columns)
    books = books_of(
        session,
        {entry.case_id for entry in found.entries},
        [entry.known.id for entry in found.entries if entry.known],
    )
    ids = iter(_new_ids(session, sum(not entry.hit.reversal for entry in found.entries)))
    return Plan(found, books, enter(found.entries, books.ledgers, books.money, ids))


def _known(session: Session, values: dict[str, Any]) -> dict[str, Known]:
    rows = run(session, PLAN, "known", values).all()
    return {known.reference: known for known in map(Known._make, rows)}


def _new_ids(session: Session, count: int) -> list[int]:
    statement = text("SELECT nextval('payment_id_seq') FROM generate_series(1, :count)")
    return list(session.execute(statement, {"count": count}).scalars()) if count else []


def _follow(session: Session, intake: Intake, plan: Plan, *, by: int | None, at: datetime) -> None:
    """Look-ups that the money answers end; promises, agreements and standings follow at once, free of those pauses."""
    received = [each.money.id for each in plan.entered if not each.entry.hit.reversal]
    answer_verifications(session, received, by=by, at=at)
    today = at.astimezone(ZoneInfo(intake.portfolio.time_zone)).date()
    rescore_cases(session, sorted(plan.books.ledgers), on=today, at=at)


def _report(intake: Intake, plan: Plan) -> ImportReport:
    counts, sums = _tally(plan)
    reading = intake.reading
    refused = [*reading.refused, *intake.sieve.refused, *plan.judged.refused]
    return ImportReport(
        portfolio=intake.portfolio.code,
        currency=intake.portfolio.currency,
        file_name=intake.file.name,
        business_date=intake.on,
        read=reading.read,
        counts=counts,
        sums={name: Decimal(cents).scaleb(-2) for name, cents in sums.items()},
        samples=_samples(plan.entered),
        refused=sorted(refused, key=lambda each: each.row_number),
        warnings=[*reading.warnings, *intake.warnings],
        questions=reading.questions,
        columns=reading.columns,
        kind=intake.file.kind,
    )


def _tally(plan: Plan) -> tuple[dict[str, int], dict[str, int]]:
    received = [each for each in plan.entered if not each.entry.hit.reversal]
    ended = [each for each in plan.entered if each.entry.hit.reversal]
    credits_ = [each.money.free for each in received if each.money.free]
    debts = [debt for ledger in plan.books.ledgers.values() for debt in ledger.debts.values() if debt.moved]
    counts = {
        "received": len(received),
        "reversed": len(ended),
        "credit": len(credits_),
        "settled": sum(debt.stood > 0 and not debt.balance for debt in debts),
        "reopened": sum(debt.stood == 0 and debt.balance > 0 for debt in debts),
        "unchanged": plan.judged.unchanged,
    }
    sums = {
        "received": sum(each.entry.hit.amount for each in received),
        "reversed": -sum(each.entry.hit.amount for each in ended),
        "credit": sum(credits_),
    }
    return counts, sums


def _samples(entered: Sequence[Entered]) -> list[Sample]:
    """The largest rows of each kind, with what their debtors owed in all before and after."""
    shown: Counter[str] = Counter()
    samples = []
    for each in sorted(entered, key=lambda each: (each.entry.hit.reversal, -each.entry.hit.amount)):
        hit, what = each.entry.hit, "reversed" if each.entry.hit.reversal else "received"
        shown[what] += 1
        if shown[what] <= SHOWN:
            owed = (Decimal(cents).scaleb(-2) for cents in (each.before, each.after))
            samples.append(Sample(what, hit.row_number, hit.who, hit.reference, hit.paid_on, *owed))
    return samples


def _audit(session: Session, intake: Intake, plan: Plan, report: ImportReport, *, by: int | None, at: datetime) -> None:
    audit.log(
        session,
        "import_payments",
        "import_run",
        report.run_id,
        by=by,
        at=at,
        portfolio_id=intake.portfolio.id,
        business_date=str(intake.on),
        counts=report.counts | {"read": report.read, "refused": len(report.refused), "cases": len(plan.books.ledgers)},
        sums={name: str(amount) for name, amount in report.sums.items()},
        reversed=[
            [each.money.id, each.entry.hit.paid_on.isoformat()] for each in plan.entered if each.entry.hit.reversal
        ],
    )
