"""What the night keeps of each morning: nights in a database of their own, because they open their own transactions."""

from datetime import date

import pytest
from sqlalchemy import text

from models import Portfolio
from tests.actions.test_nights import day, imported, night, pay, rows, sql
from tests.cast import NOW, TODAY, Cast
from workbench import db
from workbench.actions.case_histories import rebuild_book_days
from workbench.actions.checks import find_violations
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.payments import reverse_payment

KEPT = ("case_history", "book_day", "receipt_forecast")


def versions() -> set[tuple]:
    """Every row of the mornings, with the transaction that wrote it and where it lies."""
    return {(table, *row) for table in KEPT for row in rows(f"SELECT ctid::text, xmin::text FROM {table}")}


def spans(case_id: int) -> list[tuple]:
    return rows(
        "SELECT from_on, until_on, balance::text, queue, state FROM case_history WHERE case_id = :id ORDER BY 1",
        id=case_id,
    )


def past(on: date) -> list[tuple]:
    """The whole book as it stood on a morning."""
    return rows(
        "SELECT case_id, owner_id, balance, past_due, counted_from, bucket, stage, p_unpaid, score, queue, state, band"
        " FROM case_history WHERE from_on <= :on AND (until_on > :on OR until_on IS NULL) ORDER BY 1",
        on=on,
    )


def standing() -> list[tuple]:
    """The whole book as it stands: the call or negotiation item that is open says its place and score."""
    return rows(
        "SELECT c.id, c.owner_id, s.balance, s.past_due, coalesce(s.counted_from, s.oldest_due_on), s.bucket, s.stage,"
        " s.p_unpaid, coalesce(w.score, s.score), w.queue, w.state, w.band"
        " FROM collection_case c JOIN case_standing s ON s.case_id = c.id LEFT JOIN LATERAL (SELECT * FROM work_item"
        " WHERE case_id = c.id AND state <> 'closed' AND queue <> 'review' ORDER BY queue DESC LIMIT 1) w ON true ORDER BY 1"
    )


@pytest.fixture
def mexico(fresh_cast: Cast) -> Portfolio:
    return fresh_cast.mexico


def test_each_morning_is_kept_once_and_only_what_differs_is_written(fresh_cast: Cast, mexico: Portfolio) -> None:
    quiet, pays, owned = imported(mexico, "500.00", "1000.00", "2000.00", days_past_due=40)
    night(mexico)
    assert spans(pays) == [(TODAY, None, "1000.00", "call", "ready")]
    morning = past(TODAY)
    assert morning == standing()
    before = versions()
    night(mexico)
    assert versions() == before
    payment = pay(pays, "400.00")
    sql("UPDATE collection_case SET owner_id = :ana WHERE id = :id", ana=fresh_cast.ana.user_id, id=owned)
    with db.transaction() as session:
        open_negotiation(session, [owned], at=NOW)
    night(mexico)  # the same date again, after things happened: that morning stays
    assert versions() == before
    night(mexico, day(1))
    assert spans(quiet) == [(TODAY, None, "500.00", "call", "ready")]
    assert spans(pays) == [(TODAY, day(1), "1000.00", "call", "ready"), (day(1), None, "600.00", "call", "ready")]
    assert [(row[0], row[1], row[3]) for row in spans(owned)] == [
        (TODAY, day(1), "call"), (day(1), None, "negotiation"),
    ]  # fmt: skip
    tomorrow = past(day(1))
    assert tomorrow == standing()
    with db.transaction() as session:
        reverse_payment(session, payment, on=TODAY, by=None, at=NOW)
    pay(quiet, "100.00", on=day(-3), reference="BACKDATED")
    night(mexico, day(4))  # three nights were missed
    assert (past(TODAY), past(day(1)), past(day(4))) == (morning, tomorrow, standing())
    assert [row[2] for row in spans(pays)] == ["1000.00", "600.00", "1000.00"]
    assert spans(quiet)[-1][:3] == (day(4), None, "400.00")
    assert rows("SELECT violations FROM nightly_run") == [([],)] * 3


def book_days(*, whole: bool = False) -> list[tuple]:
    columns = "bucket, cases, listed, balance::text, late_cases, late_balance_days::text, past_due_30::text"
    return rows(f"SELECT on_date, {'*' if whole else columns} FROM book_day ORDER BY on_date, owner_id, bucket, stage")


def test_the_sums_of_a_morning_are_those_of_its_cases_and_can_be_made_again(mexico: Portfolio) -> None:
    imported(mexico, "100.00", "250.00", days_past_due=20)
    imported(mexico, "1000.00", days_past_due=45)
    imported(mexico, "300.00", days_past_due=-5)
    night(mexico)
    assert book_days() == [
        (TODAY, 0, 1, 0, "300.00", 0, "0.00", "0.00"),
        (TODAY, 1, 2, 2, "350.00", 2, "7000.00", "0.00"),
        (TODAY, 2, 1, 1, "1000.00", 1, "45000.00", "1000.00"),
    ]
    imported(mexico, "70.00", days_past_due=20)
    night(mexico)  # what came by day is added to the morning
    assert book_days()[1] == (TODAY, 1, 3, 3, "420.00", 3, "8400.00", "0.00")
    night(mexico, day(3))
    night(mexico, day(12))  # those of 20 days are past 30 now
    before, sound = versions(), book_days(whole=True)
    with db.transaction() as session:
        assert rebuild_book_days(session, mexico.id or 0) == 0
    assert versions() == before
    sql("DELETE FROM book_day WHERE on_date = :on", on=day(3))
    sql("UPDATE book_day SET cases = cases + 1, expected = 0 WHERE on_date = :on AND bucket = 2", on=TODAY)
    sql("UPDATE book_day SET on_date = on_date + 30, id = DEFAULT WHERE on_date = :on AND bucket = 0", on=TODAY)
    with db.transaction() as session:
        assert rebuild_book_days(session, mexico.id or 0) == 6
    assert [row[2:] for row in book_days(whole=True)] == [row[2:] for row in sound]  # but for their ids


def test_mornings_that_do_not_fit_are_told(mexico: Portfolio) -> None:
    first, _ = imported(mexico, "100.00", "250.00", days_past_due=20)
    night(mexico)
    pay(first, "10.00")
    night(mexico, day(1))
    gap, sums = "mornings of a case follow one another", "sums of a morning"
    for sabotage, subject, rule in (
        ("SELECT 1", "", ""),
        ("UPDATE case_history SET until_on = until_on + 1 WHERE balance = 100", "case_history", gap),
        ("DELETE FROM case_history WHERE balance = 90", "case_history", gap),
        ("UPDATE book_day SET listed = 0 WHERE on_date = (SELECT max(on_date) FROM book_day)", "portfolio", sums),
        ("DELETE FROM book_day", "portfolio", sums),
    ):
        with db.transaction() as session:
            session.execute(text(sabotage))
            for asked in (None, mexico.id):
                found = find_violations(session, asked)
                assert any(rule in each.rule and each.subject == subject for each in found) == bool(rule), sabotage
                assert rule or not found
            session.rollback()
    with db.transaction() as session:  # an older gap is found by who asks for everything
        session.execute(
            text("UPDATE case_history SET until_on = until_on - 1, from_on = from_on - 1 WHERE balance = 100")
        )
        assert gap in " ".join(each.rule for each in find_violations(session, None))
        session.rollback()
