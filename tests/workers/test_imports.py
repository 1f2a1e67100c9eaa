"""An upload outlives its tab: noted, worked off once, its failure seen, its file kept until it is in."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models import ImportRun
from tests.cast import NOW, Cast
from tests.rules.intake.files_of import csv_of
from workbench import db
from workbench.actions import import_runs, imports, schedules
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.queries.imports import import_progress
from workbench.queries.invariants import broken_invariants
from workbench.rules.refusals import Refused
from workers import leases
from workers.imports import run_import

HEAD = "Cliente;Factura;Vencimiento;Saldo"
LINES = [f"C{n};F{n};25/0{1 + n % 9}/2026;{n}0" for n in range(1, 60)]


def noted(cast: Cast, *lines: str) -> int:
    with db.reading() as session:
        file = ImportFile("cartera.csv", csv_of(*lines, head=HEAD))
        intake = open_file(session, cast.marta, cast.mexico.id, file, at=NOW)
    with db.transaction() as session:
        run_id = import_runs.request_import(session, intake, by=cast.marta.user_id, at=datetime.now(UTC))
        session.info.pop("jobs")
    return run_id


def row(run_id: int) -> ImportRun:
    with db.reading() as session:
        return session.get_one(ImportRun, run_id)


def receivables() -> int:
    with db.reading() as session:
        assert broken_invariants(session, None) == []
        return session.execute(text("SELECT count(*) FROM receivable")).scalar_one()


def test_an_upload_is_worked_off_once_and_its_file_forgotten(fresh_cast: Cast) -> None:
    run_id = noted(fresh_cast, *LINES)
    assert row(run_id).content
    run_import(run_id)
    done = row(run_id)
    assert (done.state, done.content, done.rows_done, done.rows_total) == ("done", None, 59, 59)
    assert receivables() == 59
    run_import(run_id)
    with db.reading() as session:
        progress = import_progress(session, fresh_cast.marta, run_id)
        assert progress.report.counts["new"] == 59
        with pytest.raises(Refused):
            import_progress(session, fresh_cast.bruno, run_id)


def test_a_failure_is_seen_and_the_file_kept_for_another_try(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = noted(fresh_cast, *LINES)
    monkeypatch.setattr(imports, "rescore_cases", lambda *_, **__: 1 / 0)
    with pytest.raises(leases.RunFailed):
        run_import(run_id)
    failed = row(run_id)
    assert failed.state == "failed"
    assert "ZeroDivisionError" in failed.error
    assert failed.content
    assert receivables() == 0
    monkeypatch.undo()
    with db.transaction() as session:
        schedules.retry_import(session, fresh_cast.marta, run_id, at=NOW)
        session.info.pop("jobs")
    run_import(run_id)
    assert receivables() == 59


def test_a_worker_given_up_for_lost_saves_nothing_beside_the_one_that_took_over(fresh_cast: Cast) -> None:
    run_id = noted(fresh_cast, *LINES)
    at = datetime.now(UTC)
    with db.transaction() as session:
        run = import_runs.claim_import(session, run_id, at=at - timedelta(hours=1))
    with db.transaction() as session:
        schedules.sweep_imports(session, at=at)
        session.info.pop("jobs", None)
    assert import_runs.work_off(run, at=at) is None
    assert receivables() == 0
    run_import(run_id)
    assert receivables() == 59


def test_two_imports_at_once_do_not_double(fresh_cast: Cast) -> None:
    start, failed = threading.Barrier(2), []

    def bring() -> None:
        try:
            with db.reading() as session:
                file = ImportFile("cartera.csv", csv_of(*LINES, head=HEAD))
                intake = open_file(session, None, fresh_cast.mexico.id, file, at=NOW)
            start.wait()
            with db.transaction() as session:
                save_import(session, intake, by=None, at=NOW)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    both = [threading.Thread(target=bring) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert failed == []
    assert receivables() == 59
    with db.reading() as session:
        reports = session.execute(text("SELECT report->'counts' FROM import_run ORDER BY id")).scalars().all()
    assert [(each.get("new", 0), each.get("unchanged", 0)) for each in reports] == [(59, 0), (0, 59)]
