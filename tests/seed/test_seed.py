"""The pretend portfolio is lawful, coherent and the same every time."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Portfolio, Stage
from seed.judged import decisions
from seed.load import TABLES, begin_messages, demo_logins, hire_and_open, load, remember, seed_demo
from seed.people import DEMO_LOGINS, DEMO_PASSWORD
from seed.portfolios import BOOKS
from seed.years import pretend_year
from tests.conftest import clone, run_sql
from workbench import db
from workbench.actions.checks import find_violations
from workbench.actions.promise_states import evaluate_promises
from workbench.queries import nights
from workbench.queries.order_report import order_report
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.held import held_in_words
from workbench.rules.names import fold
from workbench.rules.passwords import check_password
from workbench.rules.reasons import change_reason, in_words
from workbench.rules.refusals import Refused
from workbench.rules.tax_ids import read_tax_id

AT = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
DEBTORS = 300
JUDGED = 2_000  # enough for each portfolio's own history to speak


def fill(session: Session, *, number: int = 1, at: datetime = AT, debtors: int = DEBTORS) -> None:
    opened = hire_and_open(session, at=at)
    for book in BOOKS:
        year = pretend_year(book, round(debtors * book.share), number=number, at=at)
        load(session, opened[book.code], year, number=number, at=at)
    portfolios = {code: portfolio_id for code, (portfolio_id, _) in opened.items()}
    begin_messages(session, portfolios, number=number, at=at)
    remember(session, portfolios, number=number, at=at)


@pytest.fixture(scope="module")
def module_session(servers: Any, database: str) -> Iterator[Session]:
    db.connect(database, servers.redis_url)
    with db.engine().connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            fill(session)
            yield session
        outer.rollback()
    db.engine().dispose()


@pytest.fixture
def seeded(module_session: Session) -> Session:
    """The small pretend portfolio, loaded once; tests only read it."""
    return module_session


def found(session: Session, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(text(sql))]


def fingerprints(session: Session) -> dict[str, str]:
    """What every table holds, told apart from the ids that a sequence happened to give."""
    left_out = {"portfolio_id", "creditor_id", "user_id", "taken_by", "reserved_for"}
    prints = {}
    for table in (*TABLES, "case_history", "receipt_forecast", "presence"):
        columns = [
            row[0]
            for row in found(
                session, f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY 1"
            )
        ]
        kept = ", ".join(column for column in columns if column not in left_out)
        row = f"ROW({kept})::text"
        prints[table] = found(session, f"SELECT md5(string_agg({row}, '' ORDER BY {row})) FROM {table}")[0][0]
    return prints


UNBALANCED = {
    "receivables": """SELECT id FROM receivable r WHERE amount - balance <> (
        SELECT coalesce(sum(amount), 0) FROM allocation WHERE receivable_id = r.id AND released_on IS NULL)""",
    "payments": """SELECT id FROM payment p WHERE allocated <> (
        SELECT coalesce(sum(amount), 0) FROM allocation WHERE payment_id = p.id AND released_on IS NULL)""",
    "released beyond the payment": """SELECT p.id FROM payment p JOIN allocation a ON a.payment_id = p.id
        GROUP BY p.id HAVING sum(a.amount) > p.amount""",
    "reversed but not released": """SELECT a.id FROM allocation a JOIN payment p ON p.id = a.payment_id
        WHERE a.released_on IS DISTINCT FROM p.reversed_on""",
    "settled on another day than the last money": """SELECT r.id FROM receivable r WHERE balance = 0 AND settled_on <> (
        SELECT max(p.paid_on) FROM allocation a JOIN payment p ON p.id = a.payment_id
        WHERE a.receivable_id = r.id AND a.released_on IS NULL)""",
    "a younger bill paid before an older one": """SELECT younger.id FROM receivable older
        JOIN receivable younger ON younger.case_id = older.case_id AND younger.due_on > older.due_on
        WHERE older.balance > 0 AND younger.balance < younger.amount
          AND older.case_id NOT IN (SELECT case_id FROM agreement)""",  # a discount is taken off the youngest
    "another case's bill": """SELECT a.id FROM allocation a JOIN payment p ON p.id = a.payment_id
        JOIN receivable r ON r.id = a.receivable_id WHERE r.case_id <> p.case_id""",
}


@pytest.mark.parametrize("what", UNBALANCED)
def test_the_money_adds_up(seeded: Session, what: str) -> None:
    assert found(seeded, UNBALANCED[what]) == []


IMPOSSIBLE = {
    "tallies that differ from the calls": """SELECT c.id FROM contact_point c WHERE (attempts, right_parties) <> (
        SELECT count(*), count(*) FILTER (WHERE d.counts_rpc) FROM interaction i
        JOIN disposition d ON d.code = i.disposition_code WHERE i.contact_point_id = c.id AND i.channel = 'call')""",
    "a last result that is not the last": """SELECT c.id FROM contact_point c JOIN LATERAL (
            SELECT disposition_code, started_at FROM interaction
            WHERE contact_point_id = c.id AND channel = 'call' ORDER BY started_at DESC LIMIT 1) i ON true
        WHERE (c.last_disposition, c.last_at) IS DISTINCT FROM (i.disposition_code, i.started_at)""",
    "calls to a number known to be wrong": """SELECT later.id FROM interaction later
        JOIN interaction i ON i.contact_point_id = later.contact_point_id AND later.started_at > i.started_at
        JOIN disposition d ON d.code = i.disposition_code
        WHERE later.channel = 'call' AND (d.invalidates_phone OR d.stops_channel)""",
    "calls after a request to stop": """SELECT later.id FROM interaction later
        JOIN interaction i ON i.case_id = later.case_id AND later.started_at > i.started_at
        JOIN disposition d ON d.code = i.disposition_code WHERE later.channel = 'call' AND d.stops_channel""",
    "a number of somebody else": """SELECT i.id FROM interaction i JOIN contact_point p ON p.id = i.contact_point_id
        JOIN collection_case c ON c.id = i.case_id WHERE p.debtor_id <> c.debtor_id""",
    "two calls to one debtor in a day": """SELECT case_id FROM interaction JOIN portfolio ON portfolio.id = portfolio_id
        WHERE channel = 'call' GROUP BY case_id, (started_at AT TIME ZONE time_zone)::date HAVING count(*) > 1""",
    "calls within a week of a talk": """SELECT later.id FROM interaction later
        JOIN interaction i ON i.case_id = later.case_id AND later.started_at > i.started_at
            AND later.started_at < i.started_at + interval '6 days' AND later.channel = 'call'
        JOIN disposition d ON d.code = i.disposition_code WHERE d.counts_rpc AND i.channel = 'call'""",
    "an agent in two calls at once": """SELECT one.id FROM interaction one JOIN interaction other
        ON other.user_id = one.user_id AND other.id <> one.id AND other.channel = 'call' AND one.channel = 'call'
        AND other.started_at >= one.started_at AND other.started_at < one.ended_at""",
    "an agent outside their teams": """SELECT i.id FROM interaction i WHERE i.user_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM team_member m JOIN team_portfolio t USING (team_id)
        WHERE m.user_id = i.user_id AND t.portfolio_id = i.portfolio_id)""",
    "a promise without its call": """SELECT p.id FROM promise p LEFT JOIN interaction i ON i.id = p.interaction_id
        WHERE (i.disposition_code IS DISTINCT FROM 'call.promise' OR i.case_id <> p.case_id OR i.user_id <> p.taken_by)
          AND NOT EXISTS (SELECT FROM approval a WHERE a.case_id = p.case_id AND a.kind = 'promise')""",
    "a promise too far out": """SELECT p.id FROM promise p JOIN portfolio ON portfolio.id = p.portfolio_id
        WHERE due_on - taken_on > promise_days_out""",
    "a case in two queues": """SELECT case_id FROM work_item WHERE state <> 'closed'
        AND case_id NOT IN (SELECT case_id FROM pause UNION SELECT case_id FROM step_task) GROUP BY 1 HAVING count(*) > 1""",
    "a note that is missing": """SELECT i.id FROM interaction i JOIN disposition d ON d.code = i.disposition_code
        WHERE 'note' = ANY(d.requires) AND i.note = ''""",
    "what has not happened yet": """SELECT 1 FROM payment WHERE recorded_at > '2026-11-18 16:00+00'
        UNION ALL SELECT 1 FROM interaction WHERE ended_at > '2026-11-18 16:00+00'""",
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_no_history_holds(seeded: Session, what: str) -> None:
    assert found(seeded, IMPOSSIBLE[what]) == []


def test_every_call_was_lawful_and_says_so(seeded: Session) -> None:
    said = found(
        seeded,
        """SELECT decision ->> 'allowed', decision ->> 'version' <> 'policy', count(*) FROM interaction
        WHERE direction = 'outbound' GROUP BY 1, 2""",
    )
    assert [row[:2] for row in said] == [("true", True)]
    assert said[0][2] > 1_000
    assert {row[0] for row in found(seeded, "SELECT DISTINCT decision ->> 'rule' FROM interaction")} >= {
        "co.window",
        "cl.one_call_or_visit_week",
    }


def test_no_call_ends_when_calling_is_over(seeded: Session) -> None:
    ends = found(
        seeded,
        """SELECT p.country, d.time_zone, i.ended_at, p.weekday_opens, p.weekday_closes, p.saturday_opens, p.saturday_closes
        FROM interaction i JOIN portfolio p ON p.id = i.portfolio_id JOIN collection_case c ON c.id = i.case_id
        JOIN debtor d ON d.id = c.debtor_id WHERE i.direction = 'outbound'""",
    )
    late = [
        (country, zone, at)
        for country, zone, at, *hours in ends
        if not Place(0, country, zone, ContactPolicy(hours=Hours(*hours))).window(zone, at).open
    ]
    assert late == []


@pytest.mark.parametrize("at", ["2026-03-30T16:00Z", "2026-07-15T16:00Z", "2027-01-05T16:00Z"])
def test_the_pretend_calls_of_any_season_are_lawful(at: str) -> None:
    for book in BOOKS:
        year = pretend_year(book, 60, number=3, at=datetime.fromisoformat(at))
        assert all(decision.allowed for decision in decisions(year)), book.code


def test_promises_end_every_way_and_some_payments_come_back(seeded: Session) -> None:
    states = {state for (state,) in found(seeded, "SELECT DISTINCT state FROM promise")}
    assert {"open", "kept", "partially_kept", "broken"} <= states
    assert found(seeded, "SELECT count(*) FROM payment WHERE reversed_on IS NOT NULL")[0][0] > 0


def test_people_could_exist_but_their_phones_ring_nowhere(seeded: Session) -> None:
    people = found(
        seeded, "SELECT tax_id, country, folded_name, debtor.name FROM debtor JOIN portfolio USING (creditor_id)"
    )
    for tax_id, country, folded, name in people:
        assert read_tax_id(tax_id, country).valid, (country, tax_id)
        assert folded == fold(name)
    for value, country in found(
        seeded,
        """SELECT value, country FROM contact_point c JOIN debtor d ON d.id = c.debtor_id
        JOIN portfolio USING (creditor_id) WHERE c.kind = 'phone'""",
    ):
        assert phonenumbers.is_valid_number_for_region(phonenumbers.parse(value), country), value
    mails = found(seeded, "SELECT value FROM contact_point WHERE kind = 'email' UNION SELECT email FROM app_user")
    assert all(mail.endswith("@example.com") for (mail,) in mails)


def test_mexico_spans_several_clocks(seeded: Session) -> None:
    zones = found(
        seeded, "SELECT DISTINCT zone FROM work_item JOIN portfolio p ON p.id = portfolio_id WHERE p.country = 'MX'"
    )
    assert len(zones) >= 5


def test_each_bulk_deed_is_audited(seeded: Session) -> None:
    deeds = dict(found(seeded, "SELECT deed, count(*) FROM audit_entry GROUP BY deed"))
    assert deeds["seed_portfolio"] == len(BOOKS)
    assert deeds["create_user"] >= len(DEMO_LOGINS)


def test_the_demo_password_would_be_accepted() -> None:
    for who in DEMO_LOGINS:
        check_password(DEMO_PASSWORD, email=who.email, name=who.name)


def test_good_payers_are_told_from_bad_ones_by_their_history(seeded: Session) -> None:
    """Who paid late before pays late again: the half with the worse past holds most of what is late by a fortnight now."""
    late = found(
        seeded,
        """SELECT avg((settled_on > due_on + 10)::int), sum(balance) FILTER (WHERE due_on < '2026-11-04') > 0
        FROM receivable WHERE due_on < '2026-11-18' GROUP BY case_id HAVING count(settled_on) >= 3 ORDER BY 1""",
    )
    half = len(late) // 2
    better, worse = (sum(bool(owes) for _, owes in part) for part in (late[:half], late[half:]))
    assert worse > 1.5 * better


def test_early_arrears_mostly_cure_and_old_ones_hardly_ever(seeded: Session) -> None:
    """Of bills unpaid 3 days after they fell due few stay so for a fortnight, of bills a quarter late most."""

    def stays(days: int) -> float:
        sql = f"""SELECT avg((settled_on IS NULL OR settled_on > due_on + {days} + 14)::int) FROM receivable
            WHERE due_on < DATE '2026-11-18' - {days} - 14 AND (settled_on IS NULL OR settled_on > due_on + {days})"""
        return float(found(seeded, sql)[0][0])

    assert 0.2 < stays(3) < 0.5
    assert stays(3) + 0.15 < stays(20)
    assert stays(90) > 0.6


def test_some_debtors_are_always_late_and_most_hardly_ever(seeded: Session) -> None:
    shares = found(
        seeded,
        """SELECT avg((settled_on > due_on + 14)::int), count(*) FROM receivable
        WHERE settled_on IS NOT NULL GROUP BY case_id HAVING count(*) >= 4""",
    )
    late = [float(share) for share, _ in shares]
    assert sum(share <= 0.15 for share in late) > 0.5 * len(late)
    assert sum(share >= 0.5 for share in late) > 0.04 * len(late)
    closed = found(seeded, "SELECT avg((settled_on > due_on + 14)::int) FROM receivable WHERE settled_on IS NOT NULL")
    assert 0.08 < float(closed[0][0]) < 0.22


def test_a_talk_brings_money_that_an_unanswered_call_does_not(seeded: Session) -> None:
    paid = dict(
        found(
            seeded,
            """SELECT d.counts_rpc, avg((EXISTS (SELECT FROM payment p WHERE p.case_id = i.case_id
                AND p.paid_on BETWEEN i.started_at::date AND i.started_at::date + 14))::int)
            FROM interaction i JOIN disposition d ON d.code = i.disposition_code
            WHERE i.channel = 'call' AND i.started_at < DATE '2026-11-18' - 15 GROUP BY 1""",
        )
    )
    assert float(paid[True]) > float(paid[False]) + 0.03


def test_chile_and_colombia_have_no_cents(seeded: Session) -> None:
    """But for what an agreement charges: interest accrues to the cent where the currency has one."""
    amounts = """
        SELECT amount FROM receivable JOIN collection_case c ON c.id = case_id WHERE c.portfolio_id = p.id
            AND c.id NOT IN (SELECT case_id FROM agreement)
        UNION ALL SELECT balance FROM receivable JOIN collection_case c ON c.id = case_id WHERE c.portfolio_id = p.id
            AND c.id NOT IN (SELECT case_id FROM agreement)
        UNION ALL SELECT amount FROM payment WHERE portfolio_id = p.id AND case_id NOT IN (SELECT case_id FROM agreement)
        UNION ALL SELECT amount FROM promise WHERE portfolio_id = p.id
        UNION ALL SELECT paid FROM promise WHERE portfolio_id = p.id"""
    counted = found(
        seeded,
        f"""SELECT p.currency, count(*), count(*) FILTER (WHERE amount <> trunc(amount))
        FROM portfolio p CROSS JOIN LATERAL ({amounts}) money WHERE p.currency IN ('CLP', 'COP') GROUP BY 1""",
    )
    assert [(currency, broken) for currency, many, broken in sorted(counted) if many > 500] == [("CLP", 0), ("COP", 0)]


def test_the_same_number_and_day_give_the_same_rows(fresh_db: str) -> None:
    numbers = "SELECT quote_ident(sequencename) AS name, last_value AS last FROM pg_sequences"

    def grown(number: int) -> dict[str, str]:
        with Session(db.engine()) as session:  # closed without a commit: nothing stays but how far the numbers came
            before = session.execute(text(numbers)).all()
            fill(session, number=number, debtors=60)
            found = fingerprints(session)
        with db.transaction() as session:  # a debtor's number decides on the arm of an experiment
            for name, last in before:
                session.execute(text("SELECT setval(:name, :last, :used)"), {"name": name, "last": last or 1, "used": last is not None})  # fmt: skip
        return found

    first, again, other = grown(1), grown(1), grown(2)
    assert first == again
    assert not set(first.values()) & set(other.values())


def counted(
    session: Session, who: Viewer, night: nights.Night, filters: nights.Filters
) -> Counter[tuple[str, str | None]]:
    """What a night's page counts, having asked for the rows of each count; every reason has its words."""
    tallies = nights.change_tallies(session, who, night, filters)
    for each in tallies:
        rows = nights.changes_of(session, who, night, each.kind, reason=each.reason, filters=filters, limit=100_000)
        assert len({row.case_id for row in rows}) == len(rows) == each.cases
        for language in ("es", "en"):
            assert len(in_words(change_reason(each.reason), language, night.currency)) > len("Paid")
    unsent = nights.not_sent(session, who, night, filters)
    for tally in unsent:
        missed = nights.not_sent_to(session, who, night, tally, filters=filters, limit=100_000)
        assert len(missed) == tally.cases
        assert all(held_in_words(row.held, "es") for row in missed)
    told = Counter({(each.kind.value, each.reason): each.cases for each in tallies})
    return told + Counter({(str(each.state), each.code): each.cases for each in unsent})


@pytest.fixture(scope="module")
def judged(servers: Any) -> Iterator[None]:
    """The small pretend portfolio with its two nights, committed in a database of its own."""
    name = f"seeded_{os.getpid()}"
    db.connect(clone(servers, name), servers.redis_url)
    steps: list[tuple[int, int]] = []
    seed_demo(at=AT, debtors_in_all=JUDGED, progress=lambda done, total, _what: steps.append((done, total)))
    assert steps == sorted(steps)
    assert steps[-1] == (steps[0][1], steps[0][1])
    yield
    db.engine().dispose()
    run_sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.usefixtures("judged")
class TestAfterTheNights:
    def test_everything_holds_that_always_has_to(self) -> None:
        with db.transaction() as session:
            assert find_violations(session, None) == []

    def test_promises_are_as_the_payments_say(self) -> None:
        with db.transaction() as session:
            portfolios = session.exec(select(Portfolio)).all()
            moves = [len(evaluate_promises(session, each, on=each.business_date)) for each in portfolios]
            assert moves == [0] * len(BOOKS)

    def test_last_night_tells_a_story(self) -> None:
        with db.reading() as session:
            kinds = {kind for (kind,) in found(session, "SELECT DISTINCT kind FROM nightly_change")}
            nights = found(session, "SELECT count(*) FROM nightly_run WHERE state = 'done'")
        assert nights == [(2 * len(BOOKS),)]
        assert {"bucket", "up"} <= kinds
        assert any(kind.startswith("promise") for kind in kinds)

    @pytest.mark.parametrize("name", ["sofia", "ines", "marta", "bruno"])
    def test_every_count_of_a_night_is_its_rows_each_with_its_reason(self, name: str) -> None:
        with db.reading() as session:
            who = viewer_by_email(session, f"{name}@example.com")
            if not who.may(Permission.SEE_CHANGES):
                with pytest.raises(Refused):
                    nights.recent_nights(session, who)
                return
            told = 0
            for night in nights.recent_nights(session, who):
                assert night.portfolio_id in who.portfolio_ids
                owners = [nights.Filters(owner=each) for each in [0, *nights.owners(session, who, night)][:2]]
                stages = [nights.Filters((each,)) for each in Stage]
                amounts = [nights.Filters(least=Decimal(500)), nights.Filters(most=Decimal("499.99"))]
                whole = counted(session, who, night, nights.Filters())
                told += sum(whole.values())
                for parts in (stages, amounts):  # each case is in one of them
                    assert sum((counted(session, who, night, each) for each in parts), Counter()) == whole
                for each in owners:
                    assert counted(session, who, night, each) <= whole
            assert told > 100

    def test_the_first_fifth_by_score_holds_far_more_late_money_than_chance(self) -> None:
        with db.reading() as session:
            share = found(
                session,
                """WITH ranked AS (SELECT past_due, portfolio_id,
                    ntile(5) OVER (PARTITION BY portfolio_id ORDER BY score DESC) AS fifth
                    FROM case_standing WHERE past_due > 0)
                SELECT sum(past_due) FILTER (WHERE fifth = 1) / sum(past_due) FROM ranked GROUP BY portfolio_id""",
            )
        assert len(share) == len(BOOKS)
        assert all(part > 0.25 for (part,) in share)

    def test_the_score_reaches_more_late_money_than_the_largest_debts_do(self) -> None:
        """Pooled over the portfolios, each weighing the same: the money of one is not the money of another."""
        with db.reading() as session:
            reports = [order_report(session, each, mornings=6) for each in session.exec(select(Portfolio)).all()]
        for measure in ("late", "answered"):
            shares = [report.shares()[measure] for report in reports]
            reached = {
                order: sum(each[order]["20%"] for each in shares) for order in ("amount", "days_past_due", "score")
            }
            assert reached["score"] > reached["days_past_due"]
            assert reached["score"] > reached["amount"]

    def test_there_is_something_to_do_today(self) -> None:
        """Callbacks agreed for today, promises that fall due, cases that a call handed to another queue."""
        with db.reading() as session:
            agents = found(
                session,
                """SELECT count(DISTINCT reserved_for) FROM work_item JOIN portfolio ON portfolio.id = portfolio_id
                WHERE band = 1 AND (not_before AT TIME ZONE time_zone)::date = '2026-11-18'""",
            )
            due = dict(found(session, "SELECT due_on::text, count(*) FROM promise WHERE state = 'open' GROUP BY 1"))
            queues = {name for (name,) in found(session, "SELECT queue FROM work_item WHERE state <> 'closed'")}
        assert agents[0][0] >= 1  # a third of the demonstration's size
        assert due["2026-11-18"] > 0
        assert due["2026-11-19"] > 0
        assert queues == {"call", "negotiation", "review"}

    def test_some_promises_were_broken_last_night(self) -> None:
        with db.reading() as session:
            broken = found(
                session,
                """SELECT count(*) FROM nightly_change JOIN nightly_run r ON r.id = run_id
                JOIN portfolio p ON p.id = r.portfolio_id
                WHERE kind = 'promise_broken' AND r.business_date = p.business_date""",
            )
        assert broken[0][0] > 0

    @pytest.mark.parametrize(
        ("sql", "some"),
        [
            ("SELECT kind FROM agreement", {"settlement", "short_plan", "long_plan", "reschedule"}),
            ("SELECT state FROM agreement", {"active", "broken", "completed"}),
            ("SELECT 'behind' FROM agreement WHERE state = 'active' AND missed > 0", {"behind"}),
            ("SELECT state FROM approval", {"pending", "countered", "approved", "rejected", "expired"}),
            ("SELECT needs FROM approval WHERE state = 'pending'", {"supervisor", "manager"}),
            ("SELECT kind FROM dispute", {"dispute", "hardship", "legal_hold"}),
            ("SELECT media_type FROM document WHERE kind = 'evidence'", {"application/pdf", "image/png", "image/jpeg"}),
            ("SELECT kind FROM document", {"evidence", "agreement_letter", "hand_over"}),
            ("SELECT state FROM hand_over", {"proposed", "approved", "rejected", "recalled"}),
            ("SELECT state FROM promise JOIN promise_part ON promise_id = id", {"open", "partially_kept"}),
            ("SELECT kind FROM payment", {"payment", "credit_note", "discount"}),
            ("SELECT 'overdue' FROM dispute WHERE resolution IS NULL AND deadline_on < '2026-11-18'", {"overdue"}),
            ("SELECT kind FROM pause WHERE ended_at IS NULL", {"verification", "dispute", "hand_over"}),
            ("SELECT state || ' ' || kind FROM deal", {"applied deal", "undone deal", "applied cover"}),
            ("SELECT state FROM presence WHERE ended_at IS NULL", {"available", "break", "training", "meeting"}),
            ("SELECT state FROM work_item", {"claimed"}),
            ("SELECT kind FROM nightly_change", {"owner"}),
            ("SELECT state FROM order_version WHERE simulated IS NOT NULL", {"published", "draft"}),
            (
                "SELECT 'said' FROM coaching_note UNION SELECT 'answered' FROM coaching_note WHERE answer <> ''",
                {"said", "answered"},
            ),
            ("SELECT board FROM digest", {"performance", "health"}),
            ("SELECT kpi FROM target", {"attempts", "rpc_rate", "kept_rate", "cure_rate"}),
        ],
    )
    def test_the_desks_and_boards_show_what_there_is(self, sql: str, some: set[str]) -> None:
        with db.reading() as session:
            assert {value for (value,) in found(session, sql)} >= some

    def test_the_morning_before_the_first_night_is_like_its_own(self) -> None:
        """The book neither jumps nor breaks off where the nights begin to keep it."""
        with db.reading() as session:
            days = found(
                session,
                """SELECT sum(balance) FILTER (WHERE on_date = '2026-11-16'), sum(balance) FILTER (WHERE on_date = '2026-11-17'),
                    count(DISTINCT on_date) FILTER (WHERE late_cases > 0) FROM book_day GROUP BY portfolio_id""",
            )
            forecasts = found(session, "SELECT portfolio_id, count(DISTINCT made_on) FROM receipt_forecast GROUP BY 1")
        assert all(0.9 < before / after < 1.1 for before, after, _ in days)
        assert all(mornings > 25 for _, _, mornings in days)
        assert [many > 25 for _, many in forecasts] == [True] * len(BOOKS)

    def test_the_main_people_may_log_in_until_they_choose_a_password(self) -> None:
        with Session(db.engine()) as session:
            assert list(demo_logins(session)) == [who.email for who in DEMO_LOGINS]
            session.execute(text("UPDATE app_user SET password_hash = 'own' WHERE email = 'ana@example.com'"))
            assert "ana@example.com" not in demo_logins(session)

    def test_it_is_not_seeded_twice(self) -> None:
        with pytest.raises(Refused, match="not empty"):
            seed_demo(at=AT, debtors_in_all=DEBTORS)
