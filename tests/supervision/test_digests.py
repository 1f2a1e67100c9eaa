"""Boards by e-mail: one issue a day at its hour, with what its reader may see that day, for those who may see it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Board, Case, Digest, DigestIssue, MessageState, Period
from tests.cast import TODAY, Cast, owe
from tests.supervision.digest_parts import MORNING, subscribed, words_of, worked
from workbench.actions import digests
from workbench.actions.case_histories import write_morning
from workbench.actions.standings import rescore_cases
from workbench.queries.digests import subscriptions
from workbench.queries.kpis import Figure, Scope, figures
from workbench.rules.digests import FIGURES, days_of, trend_begins
from workbench.rules.figure_words import amount_words
from workbench.rules.held import not_sent_in_words
from workbench.rules.kpis import KPIS
from workbench.rules.refusals import Refused
from workbench.rules.words import translate

YESTERDAY = TODAY - timedelta(days=1)


# When an issue is due

WHEN = [
    pytest.param(Period.DAY, 7, "2026-11-18T12:58", None, id="not-yet"),
    pytest.param(Period.DAY, 7, "2026-11-18T13:00", date(2026, 11, 18), id="at-seven-there"),
    pytest.param(Period.DAY, 23, "2026-11-19T05:00", date(2026, 11, 18), id="late-there-is-tomorrow-here"),
    pytest.param(Period.DAY, 7, "2026-11-22T20:00", date(2026, 11, 22), id="of-missed-days-the-last"),
    pytest.param(Period.WEEK, 7, "2026-11-22T20:00", None, id="a-week-ends-on-sunday"),
    pytest.param(Period.WEEK, 7, "2026-11-23T13:00", date(2026, 11, 23), id="a-weeks-comes-on-monday"),
    pytest.param(Period.MONTH, 0, "2026-12-01T06:00", date(2026, 12, 1), id="a-months-comes-on-the-first"),
]


@pytest.mark.parametrize(("every", "hour", "at", "on"), WHEN)
def test_an_issue_is_planned_once_at_its_hour_in_the_portfolios_zone(
    session: Session, cast: Cast, every: Period, hour: int, at: str, on: date | None
) -> None:
    began = datetime(2026, 11, 17, 20, tzinfo=UTC)
    subscribed(session, cast.sofia, cast.mexico.id, every=every, hour=hour, at=began)
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert digests.plan_issues(session, at=moment) == (on is not None)
    assert digests.plan_issues(session, at=moment + timedelta(minutes=1)) == 0
    assert list(session.scalars(select(col(DigestIssue.on_date)))) == ([on] if on else [])


@pytest.mark.parametrize(
    ("every", "on", "days"),
    [
        (Period.DAY, date(2026, 11, 18), (date(2026, 11, 17), date(2026, 11, 17))),
        (Period.WEEK, date(2026, 11, 23), (date(2026, 11, 16), date(2026, 11, 22))),
        (Period.MONTH, date(2026, 12, 1), (date(2026, 11, 1), date(2026, 11, 30))),
    ],
)
def test_an_issue_is_about_days_that_are_over(every: Period, on: date, days: tuple[date, date]) -> None:
    assert days_of(every, on) == days


def test_a_trend_begins_whole_periods_earlier() -> None:
    assert trend_begins(Period.DAY, date(2026, 11, 17)) == date(2026, 11, 11)
    assert trend_begins(Period.WEEK, date(2026, 11, 16)) == date(2026, 10, 12)
    assert trend_begins(Period.MONTH, date(2026, 11, 1)) == date(2026, 6, 1)


# Who may have one

STRANGERS = [
    ("ana", "mexico", Board.PERFORMANCE, None),
    ("ana", "mexico", Board.NIGHT, None),
    ("bruno", "mexico", Board.PERFORMANCE, None),
    ("alma", "mexico", Board.HEALTH, None),
    ("sofia", "colombia", Board.HEALTH, None),
    ("marta", "colombia", Board.NIGHT, None),
    ("marta", "mexico", Board.PERFORMANCE, "sur"),
    ("sofia", "mexico", Board.HEALTH, "norte"),  # the book has no team
]


@pytest.mark.parametrize(("name", "book", "board", "team"), STRANGERS)
def test_strangers_and_lower_roles_subscribe_to_nothing(
    session: Session, cast: Cast, name: str, book: str, board: Board, team: str | None
) -> None:
    team_id = session.scalar(text("SELECT id FROM team WHERE code = :code"), {"code": team}) if team else None
    with pytest.raises(Refused):
        subscribed(session, getattr(cast, name), getattr(cast, book).id, board, team_id=team_id)
    assert session.scalars(select(Digest)).all() == []


def test_the_same_board_again_only_moves_its_hour(session: Session, cast: Cast) -> None:
    first = subscribed(session, cast.sofia, cast.mexico.id)
    assert subscribed(session, cast.sofia, cast.mexico.id, hour=9, every=Period.WEEK) == first
    assert subscribed(session, cast.sofia, cast.mexico.id, Board.HEALTH) != first
    assert subscribed(session, cast.marta, cast.mexico.id) != first
    [performance, _health] = subscriptions(session, cast.sofia)
    assert (performance.every, performance.hour, performance.issues) == (Period.WEEK, 9, ())


def test_only_its_subscriber_ends_a_digest_or_sends_an_issue_again(session: Session, cast: Cast) -> None:
    digest = subscribed(session, cast.sofia, cast.mexico.id)
    digests.plan_issues(session, at=MORNING)
    issue = session.scalars(select(DigestIssue)).one()
    issue.state = MessageState.UNCONFIRMED
    session.flush()
    for stranger in (cast.marta, cast.ana, cast.bruno, cast.alma):
        with pytest.raises(Refused):
            digests.unsubscribe(session, stranger, digest, at=MORNING)
        with pytest.raises(Refused):
            digests.send_again(session, stranger, issue.id or 0, at=MORNING)
        assert subscriptions(session, stranger) == []
    digests.send_again(session, cast.sofia, issue.id or 0, at=MORNING)
    assert issue.state == MessageState.PLANNED
    with pytest.raises(Refused, match="about to"):
        digests.send_again(session, cast.sofia, issue.id or 0, at=MORNING)
    digests.unsubscribe(session, cast.sofia, digest, at=MORNING)
    assert subscriptions(session, cast.sofia) == []
    assert digests.plan_issues(session, at=MORNING + timedelta(days=1)) == 0


# What it says


def begun(session: Session, *, at: datetime = MORNING) -> Any:
    """The one issue, as it is handed over."""
    digests.plan_issues(session, at=at)
    digests.dispatch(session, at=at)
    session.info.clear()
    issue = session.scalars(select(DigestIssue).order_by(col(DigestIssue.id).desc())).first()
    return digests.begin(session, issue.id, home="https://cobranza.example.org", at=at)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("board", [Board.PERFORMANCE, Board.HEALTH])
def test_the_paper_has_each_figure_with_the_one_before_and_its_formula(
    session: Session, cast: Cast, board: Board, language: str
) -> None:
    worked(session, cast)
    for days in (2, 1):
        rescore_cases(session, list(session.scalars(select(col(Case.id)))), on=TODAY - timedelta(days=days))
        write_morning(session, cast.mexico, TODAY - timedelta(days=days))
    session.execute(text("UPDATE app_user SET language = :language"), {"language": language})
    subscribed(session, cast.sofia, cast.mexico.id, board)
    outgoing = begun(session)
    [file] = outgoing.attachments
    said = words_of(file.content)
    assert file.name == f"{board}-mx-bank-2026-11-18.pdf"
    assert "America/Mexico_City" in said
    assert ("17 nov 2026" if language == "es" else "17 Nov 2026") in said
    assert ("16 nov 2026" if language == "es" else "16 Nov 2026") in said
    assert ("Ana 3 1" in said) is (board is Board.PERFORMANCE)  # by agent: attempts, right parties
    now, before = (
        figures(session, cast.sofia, FIGURES[board], Scope((cast.mexico.id or 0,), on, on), at=MORNING)
        for on in (YESTERDAY, YESTERDAY - timedelta(days=1))
    )
    known = "attempts" if board is Board.PERFORMANCE else "cases"
    assert now[known].value == (3 if board is Board.PERFORMANCE else 1)
    for name, figure in now.items():
        kpi = KPIS[name]
        value, former = (in_words(each, language) for each in (figure, before[name]))
        formula = translate(kpi.formula, language)
        assert f"{formula} {value} {former}" in said, name  # side by side, under its label
        assert f"{translate(kpi.label, language)}: {value}" in outgoing.body.replace("\u00a0", " ")
    assert outgoing.body.endswith("https://cobranza.example.org")


def in_words(figure: Figure, language: str) -> str:
    said = amount_words(figure.kpi.unit, figure.value, figure.currency, language, short=True)
    return said.replace("\u00a0", " ").replace("\N{MINUS SIGN}", "\N{EN DASH}")


def test_the_book_and_the_night_are_boards_too(session: Session, cast: Cast) -> None:
    session.execute(
        text("""INSERT INTO nightly_run (portfolio_id, business_date, state, started_at, heartbeat_at, finished_at,
            cases_total, cases_done, last_case_id, learned, counts, violations)
            VALUES (:p, :on, 'done', :at, :at, :at, 1, 1, 0, '{}', '{}', '[]')"""),
        {"p": cast.mexico.id, "on": TODAY, "at": MORNING - timedelta(hours=5)},
    )
    session.execute(
        text("""INSERT INTO nightly_change (run_id, case_id, kind, reason)
            SELECT (SELECT max(id) FROM nightly_run), :case, 'entered', 'fell_due'"""),
        {"case": owe(session, cast.mexico).case_id},
    )
    session.execute(
        text("""INSERT INTO nightly_hold (run_id, code, case_ids)
            SELECT max(run_id), 'promised', array_agg(case_id) FROM nightly_change""")
    )
    subscribed(session, cast.sofia, cast.mexico.id, Board.NIGHT)
    night = words_of(begun(session).attachments[0].content)
    assert "Entró a la cola: Algo venció 1" in night
    held = not_sent_in_words(None, "promised", "es")
    assert held.startswith("no planificado · ")
    assert f"Mensajes no enviados: {held} 1" in night
    subscribed(session, cast.marta, cast.mexico.id, Board.HEALTH)
    said = words_of(begun(session, at=MORNING + timedelta(minutes=1)).attachments[0].content)
    assert translate(KPIS["delinquency_rate"].formula, "es") in said
    assert "Deudora Ejemplo" not in said


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE app_user SET active = false WHERE id = :user", id="shown-out"),
        pytest.param("UPDATE app_user SET role = 'agent' WHERE id = :user", id="another-role"),
        pytest.param("DELETE FROM team_member WHERE user_id = :user", id="another-team"),
        pytest.param("UPDATE digest SET active = false WHERE user_id = :user", id="ended"),
    ],
)
def test_nothing_leaves_for_whoever_may_not_see_it_that_day(session: Session, cast: Cast, change: str) -> None:
    subscribed(session, cast.sofia, cast.mexico.id)
    digests.plan_issues(session, at=MORNING)
    session.execute(text(change), {"user": cast.sofia.user_id})
    session.expire_all()
    assert begun(session) is None
    assert session.scalars(select(DigestIssue)).one().state == MessageState.CANCELLED
