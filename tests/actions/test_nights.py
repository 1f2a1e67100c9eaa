"""Nights on a real book, each in a database of its own: they open their own transactions."""

import subprocess
import sys
import textwrap
import threading
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import select

from models import Portfolio, Promise, RunState, Standing, TeamPortfolio, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions import nights, payments
from workbench.actions.nights import NightReport
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.promises import take_promise
from workbench.actions.standings import rescore_cases
from workbench.actions.worklist import claim_next
from workbench.queries import case_facts
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.reasons import CHANGES
from workbench.rules.refusals import Refused

WRITTEN = ("case_standing", "work_item", "nightly_change", "portfolio", "nightly_run", "promise", "audit_entry")
AMOUNTS = ("500.00", "1000.00", "2000.00", "4000.00", "8000.00", "16000.00", "32000.00")


def at(on: date) -> datetime:
    """Ten in the morning of that day in Mexico."""
    return NOW + (on - TODAY)


def night(portfolio: Portfolio, on: date = TODAY, **fields: Any) -> NightReport:
    assert portfolio.id is not None
    return nights.run_night(portfolio.id, on=on, at=at(on), **fields)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def rows(statement: str, **values: Any) -> list[tuple]:
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text(statement), values)]


def sql(statement: str, **values: Any) -> None:
    with db.transaction() as session:
        session.execute(text(statement), values)


def imported(portfolio: Portfolio, *amounts: str, **fields: Any) -> list[int]:
    """Cases as an import leaves them, before any night: no standing, no item."""
    with db.transaction() as session:
        items = [owe(session, portfolio, amount=amount, **fields) for amount in amounts]
        cases = [item.case_id for item in items]
        for item in items:
            session.delete(item)
            session.delete(session.get_one(Standing, item.case_id))
    return cases


def queue(portfolio: Portfolio) -> list[tuple]:
    """Cases in the call queue as agents get them: amount past due, state, band."""
    return rows(
        "SELECT s.past_due::text, w.state, w.band FROM work_item w JOIN case_standing s USING (case_id)"
        " WHERE w.portfolio_id = :id AND w.queue = 'call' AND w.state <> 'closed' ORDER BY band, w.score DESC, w.id",
        id=portfolio.id,
    )


def changes(case_id: int, on: date) -> dict[str, str]:
    """What that night told of a case: kind to reason."""
    found = rows(
        "SELECT kind, reason FROM nightly_change JOIN nightly_run r ON r.id = run_id"
        " WHERE case_id = :case AND business_date = :on",
        case=case_id,
        on=on,
    )
    assert {reason for _, reason in found} <= set(CHANGES)
    return dict(found)


def the_item(case_id: int) -> WorkItem:
    with db.reading() as session:
        return session.exec(select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.queue == "call")).one()


def the_promise(case_id: int) -> Promise:
    with db.reading() as session:
        return session.exec(select(Promise).where(Promise.case_id == case_id)).one()


def versions() -> set[tuple]:
    """Every row the night may write, with the transaction that wrote it and where it lies."""
    return {(table, *row) for table in WRITTEN for row in rows(f"SELECT ctid::text, xmin::text FROM {table}")}


@pytest.fixture
def mexico(fresh_cast: Cast) -> Portfolio:
    return fresh_cast.mexico


@pytest.fixture
def pays_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Payments that nobody rescored, as a bulk load leaves them."""
    monkeypatch.setattr(payments, "rescore_cases", lambda *_, **__: None)


def pay(case_id: int, amount: str, on: date = TODAY, reference: str = "P1") -> int:
    with db.transaction() as session:
        money = {"amount": Decimal(amount), "paid_on": on, "reference": reference}
        payment = record_payment(session, case_id=case_id, by=None, at=at(on), **money)
    assert payment.id is not None
    return payment.id


def promise(who: Any, case_id: int, amount: str, due_on: date) -> None:
    with db.transaction() as session:
        take_promise(session, who, case_id=case_id, terms=PromiseTerms(Decimal(amount), due_on), at=NOW)


def test_the_first_night_of_a_fresh_book_builds_its_queue(mexico: Portfolio) -> None:
    cases = imported(mexico, "500.00", "2000.00", "1000.00")
    [not_due] = imported(mexico, "900.00", days_past_due=-5)
    report = night(mexico)
    assert (report.cases, report.standings, report.items, report.violations) == (4, 4, 3, 0)
    assert (report.again, report.resumed) == (False, False)
    assert queue(mexico) == [(amount, "ready", 4) for amount in ("2000.00", "1000.00", "500.00")]
    assert changes(cases[0], TODAY)["entered"] == "first_time"
    assert changes(not_due, TODAY) == {}
    [(state, done, total, violations)] = rows("SELECT state, cases_done, cases_total, violations FROM nightly_run")
    assert (state, done, total, violations) == (RunState.DONE, 4, 4, [])
    assert rows("SELECT business_date FROM portfolio WHERE id = :id", id=mexico.id) == [(TODAY,)]


def test_a_night_ends_by_the_clock_it_began_with(mexico: Portfolio) -> None:
    imported(mexico, *AMOUNTS[:2])
    night(mexico)
    [(started, heard, finished)] = rows("SELECT started_at, heartbeat_at, finished_at FROM nightly_run")
    assert started == at(TODAY)
    assert started < heard == finished < started + timedelta(minutes=5)


def test_the_same_night_again_writes_nothing(fresh_cast: Cast, mexico: Portfolio) -> None:
    cases = imported(mexico, *AMOUNTS)
    promise(fresh_cast.ana, cases[0], "400.00", day(2))
    pay(cases[1], "300.00")
    night(mexico)
    before = versions()
    report = night(mexico)
    assert versions() == before
    assert report.again
    assert (report.standings, report.items, report.changes, report.promises) == (0, 0, 0, 0)


def test_the_same_night_again_takes_up_what_happened_since(mexico: Portfolio, pays_unseen: None) -> None:
    [paid, _] = imported(mexico, "500.00", "1000.00")
    night(mexico)
    pay(paid, "500.00")
    report = night(mexico)
    assert (report.again, report.standings, report.items) == (True, 1, 1)
    assert queue(mexico) == [("1000.00", "ready", 4)]
    told = changes(paid, TODAY)
    assert (told["entered"], told["left"]) == ("first_time", "paid")


def test_a_date_before_the_last_is_refused(mexico: Portfolio) -> None:
    imported(mexico, "500.00")
    night(mexico)
    before = versions()
    with pytest.raises(Refused, match="2026-11-17 is earlier"):
        night(mexico, day(-1))
    assert versions() == before


def test_a_second_night_at_once_is_refused_with_who_and_when(
    fresh_cast: Cast, mexico: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(mexico, "500.00")
    under_way, go_on = threading.Event(), threading.Event()
    real = nights._work_through

    def held(night: Any, size: int) -> None:
        if night.portfolio.id == mexico.id:
            under_way.set()
            assert go_on.wait(120)
        real(night, size)

    monkeypatch.setattr(nights, "_work_through", held)
    first = threading.Thread(target=night, args=(mexico,), kwargs={"by": fresh_cast.marta.user_id})
    first.start()
    try:
        assert under_way.wait(120)
        with pytest.raises(Refused, match="Marta started it at 2026-11-18 16:00 UTC"):
            night(mexico)
        assert night(fresh_cast.colombia).cases == 0, "another portfolio's night goes its own way"
    finally:
        go_on.set()
        first.join()
    assert queue(mexico) == [("500.00", "ready", 4)]
    assert night(mexico).again, "the lock was let go"


class Killed(BaseException):
    """What no handler of ordinary errors catches."""


def twin_of(mexico: Portfolio, cast: Cast) -> Portfolio:
    """A second portfolio with the same settings."""
    with db.transaction() as session:
        fields = mexico.model_dump(exclude={"id", "code"})
        twin = Portfolio(code="MX-TWIN", **fields)
        session.add(twin)
        session.flush()
        team = session.exec(select(TeamPortfolio).where(TeamPortfolio.portfolio_id == mexico.id)).one()
        session.add(TeamPortfolio(team_id=team.team_id, portfolio_id=twin.id))
    return twin


OUTCOME = """
SELECT s.balance, s.past_due, s.oldest_due_on, s.bucket, s.stage, s.roll, s.cust, s.p_unpaid, s.reach, s.score,
       w.state, w.band, w.score, w.not_before, (
           SELECT array_agg((n.kind, n.before, n.after, n.reason)::text ORDER BY n.kind)
           FROM nightly_change n WHERE n.case_id = s.case_id)
FROM case_standing s LEFT JOIN work_item w USING (case_id) WHERE s.portfolio_id = :id ORDER BY s.case_id
"""
RUN = "SELECT state, cases_total, cases_done, learned, counts, violations, error FROM nightly_run WHERE portfolio_id = :id"


def outcome(portfolio: Portfolio) -> tuple[list[tuple], list[tuple]]:
    """All that a night left, without ids and clocks."""
    return rows(OUTCOME, id=portfolio.id), rows(RUN, id=portfolio.id)


@pytest.fixture
def twins(fresh_cast: Cast, mexico: Portfolio) -> tuple[Portfolio, Portfolio]:
    """Two equal books: seven cases, one of them promised and already late with it."""
    pair = mexico, twin_of(mexico, fresh_cast)
    for portfolio in pair:
        [first, *_] = imported(portfolio, *AMOUNTS)
        sql(
            "INSERT INTO promise (portfolio_id, case_id, channel, state, amount, paid, taken_on, due_on, created_at)"
            " VALUES (:portfolio, :case, 'call', 'open', 300, 0, :taken, :due, now())",
            portfolio=portfolio.id,
            case=first,
            taken=day(-9),
            due=day(-5),
        )
    night(pair[1], shard_size=2)
    return pair


@pytest.mark.parametrize("where", ["write", "write_changes", "_finish"])
def test_a_night_cut_off_anywhere_goes_on_and_ends_as_its_uninterrupted_twin(
    twins: tuple[Portfolio, Portfolio], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    cut, whole = twins
    real, calls = getattr(nights, where), []

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(where)
        if where == "_finish" or len(calls) == 3:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(nights, where, dies)
        with pytest.raises(Killed):
            night(cut, shard_size=2)
    [(state, error, done)] = rows(
        "SELECT state, error, cases_done FROM nightly_run WHERE portfolio_id = :id", id=cut.id
    )
    assert (state, error, done) == (RunState.FAILED, "Killed", 7 if where == "_finish" else 4)
    report = night(cut, shard_size=2)
    assert (report.resumed, report.cases) == (True, 7 - done)
    assert outcome(cut) == outcome(whole)


VICTIM = """
    import sys, time
    from datetime import date, datetime
    from workbench import db
    from workbench.actions import nights

    database, portfolio, on, at = sys.argv[1:]
    db.connect(database, "")
    real = nights._one_shard

    def slow(night, after, size):
        if after:
            print("between shards", flush=True)
            time.sleep(600)
        return real(night, after, size)

    nights._one_shard = slow
    nights.run_night(int(portfolio), on=date.fromisoformat(on), at=datetime.fromisoformat(at), shard_size=2)
"""


@pytest.fixture
def killed(twins: tuple[Portfolio, Portfolio], fresh_db: str) -> Portfolio:
    """A book whose night died with its process after the first shard."""
    arguments = [fresh_db, str(twins[0].id), TODAY.isoformat(), at(TODAY).isoformat()]
    command = [sys.executable, "-c", textwrap.dedent(VICTIM), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout
        assert "between shards" in victim.stdout.readline()
        with pytest.raises(Refused, match="already running: workbench started it"):
            night(twins[0])
        victim.kill()
        victim.wait()
    return twins[0]


def test_a_night_whose_process_was_killed_goes_on_and_ends_as_its_twin(
    killed: Portfolio, twins: tuple[Portfolio, Portfolio]
) -> None:
    [(state, done)] = rows("SELECT state, cases_done FROM nightly_run WHERE portfolio_id = :id", id=killed.id)
    assert (state, done) == (RunState.RUNNING, 2)
    report = once_free(killed)
    assert (report.resumed, report.cases) == (True, 5)
    assert outcome(killed) == outcome(twins[1])


def once_free(portfolio: Portfolio) -> NightReport:
    """The night, as soon as the server has noticed that the other process is gone."""
    until = time.monotonic() + 120
    while True:
        try:
            return night(portfolio, shard_size=2)
        except Refused:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_payment_while_a_shard_is_judged_makes_the_night_look_again(
    mexico: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = imported(mexico, *AMOUNTS)
    night(mexico)
    sql("UPDATE contact_point SET attempts = 20, right_parties = 20")
    real, calls = nights.write, []

    def paid_meanwhile(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            pay(cases[0], "200.00", day(1))
        return real(*args, **kwargs)

    monkeypatch.setattr(nights, "write", paid_meanwhile)
    report = night(mexico, day(1))
    assert len(calls) > 1
    assert (report.cases, report.violations) == (7, 0)
    assert rows("SELECT balance, past_due FROM case_standing WHERE case_id = :case", case=cases[0]) == [(300, 300)]


def test_a_paid_case_leaves_the_queue(mexico: Portfolio, pays_unseen: None) -> None:
    [paid, _] = imported(mexico, "500.00", "1000.00")
    night(mexico)
    pay(paid, "500.00")
    night(mexico, day(1))
    assert queue(mexico) == [("1000.00", "ready", 4)]
    assert changes(paid, day(1)) == {"left": "paid", "bucket": "oldest_paid", "stage": "threshold"}
    assert the_item(paid).state == "closed"


def test_a_reversed_payment_brings_a_case_back(mexico: Portfolio, pays_unseen: None) -> None:
    [case] = imported(mexico, "500.00")
    payment = pay(case, "500.00")
    night(mexico)
    assert queue(mexico) == []
    with db.transaction() as session:
        reverse_payment(session, payment, on=day(1), by=None, at=at(day(1)))
    night(mexico, day(1))
    assert queue(mexico) == [("500.00", "ready", 4)]
    assert changes(case, day(1))["entered"] == "fell_due"


def test_an_open_promise_waits_and_a_broken_one_goes_to_the_front(fresh_cast: Cast, mexico: Portfolio) -> None:
    [small, _] = imported(mexico, "500.00", "90000.00")
    promise(fresh_cast.ana, small, "400.00", day(2))  # the window's last day is the fifth
    for days in (0, 2, 5):
        night(mexico, day(days))
        assert (the_item(small).state, the_promise(small).state) == ("waiting", "open"), days
    midnight = datetime.combine(day(6), datetime.min.time(), ZoneInfo(mexico.time_zone))
    assert the_item(small).not_before == midnight
    report = night(mexico, day(6))
    assert (report.promises, report.violations) == (1, 0)
    assert queue(mexico) == [("500.00", "ready", 2), ("90000.00", "ready", 4)]
    assert changes(small, day(6))["promise_broken"] == "paid_nothing"
    assert the_promise(small).closed_on == day(6)


def test_a_broken_promise_nobody_spoke_about_goes_back_to_its_place_after_two_weeks(
    fresh_cast: Cast, mexico: Portfolio
) -> None:
    [small, _] = imported(mexico, "500.00", "90000.00")
    promise(fresh_cast.ana, small, "400.00", TODAY)
    night(mexico, day(4))
    assert the_item(small).band == 2
    night(mexico, day(17))
    assert the_item(small).band == 2
    night(mexico, day(18))
    assert the_item(small).band == 4


@pytest.mark.parametrize(
    ("amount", "state", "reason"),
    [("400.00", "kept", "paid_enough"), ("380.00", "kept", "paid_enough"), ("100.00", "partially_kept", "paid_some")],
    ids=["all", "95 percent", "a part"],
)
def test_the_night_finds_what_payments_made_of_a_promise(
    fresh_cast: Cast, mexico: Portfolio, pays_unseen: None, amount: str, state: str, reason: str
) -> None:
    [case] = imported(mexico, "500.00")
    promise(fresh_cast.ana, case, "400.00", day(1))
    night(mexico)
    pay(case, amount, day(1))
    night(mexico, day(5))
    assert the_promise(case).state == state
    assert changes(case, day(5))[f"promise_{state}"] == reason


def test_a_reversal_takes_a_kept_promise_back_and_the_payment_does_not_return_it(
    fresh_cast: Cast, mexico: Portfolio
) -> None:
    [case] = imported(mexico, "500.00")
    promise(fresh_cast.ana, case, "400.00", day(1))
    payment = pay(case, "400.00")
    assert the_promise(case).state == "kept"
    night(mexico, day(5))
    with db.transaction() as session:
        reverse_payment(session, payment, on=day(5), by=None, at=at(day(5)))
    assert the_promise(case).state == "broken"
    pay(case, "400.00", day(5), "late")
    night(mexico, day(6))
    assert the_promise(case).state == "broken", "paid after breaking"


def test_a_claimed_item_is_not_touched(fresh_cast: Cast, mexico: Portfolio) -> None:
    [case] = imported(mexico, "500.00")
    night(mexico)
    with db.transaction() as session:
        claim = claim_next(session, fresh_cast.ana, portfolio_id=mexico.id, at=NOW)
    assert claim
    assert claim.case_id == case
    item = "SELECT ctid::text, xmin::text, score FROM work_item WHERE case_id = :case"
    before = rows(item, case=case)
    sql("UPDATE contact_point SET attempts = 20, right_parties = 20")
    report = night(mexico, day(1))
    assert rows(item, case=case) == before
    assert (report.standings, report.items, report.violations) == (1, 0, 0)
    assert rows("SELECT score FROM case_standing")[0][0] > before[0][2]


def test_a_callback_is_kept_with_its_hour_and_its_agent(fresh_cast: Cast, mexico: Portfolio) -> None:
    [case] = imported(mexico, "500.00")
    night(mexico)
    agreed = at(day(3)).replace(minute=35)
    sql(
        "UPDATE work_item SET state = 'waiting', ready_at = NULL, band = 1, not_before = :agreed, reserved_for = :ana",
        agreed=agreed,
        ana=fresh_cast.ana.user_id,
    )
    sql("UPDATE contact_point SET attempts = 20, right_parties = 20")
    score = the_item(case).score
    night(mexico, day(1))
    item = the_item(case)
    assert (item.state, item.band, item.not_before, item.reserved_for) == ("waiting", 1, agreed, fresh_cast.ana.user_id)
    assert item.score > score


def test_one_case_rescored_by_day_stands_as_the_night_would_put_it(
    fresh_cast: Cast, mexico: Portfolio, pays_unseen: None
) -> None:
    cases = imported(mexico, *AMOUNTS)
    night(mexico)
    sql("UPDATE contact_point SET attempts = 1 WHERE id % 3 = 0")  # too little to teach the portfolio anything
    promise(fresh_cast.ana, cases[2], "700.00", day(2))
    pay(cases[3], "1500.00")
    with db.transaction() as session:
        for case in cases:
            rescore_cases(session, [case], on=TODAY)
    by_day = [row[:-1] for row in outcome(mexico)[0]]
    sql("UPDATE case_standing SET score = 1, roll = 0.5, reach = 0.5, past_due = balance")
    sql("UPDATE work_item SET score = 1, band = 4")
    assert [row[:-1] for row in outcome(mexico)[0]] != by_day
    night(mexico)
    assert [row[:-1] for row in outcome(mexico)[0]] == by_day


def test_what_the_check_finds_stands_on_the_run(mexico: Portfolio) -> None:
    [case] = imported(mexico, "500.00")
    sql("UPDATE receivable SET balance = 400 WHERE case_id = :case", case=case)  # a load that lost an allocation
    assert night(mexico).violations == 1
    [(found,)] = rows("SELECT violations FROM nightly_run")
    assert [(each["subject"], each["count"]) for each in found] == [("receivable", 1)]
    assert found[0]["examples"] == [number for (number,) in rows("SELECT id FROM receivable")]


def test_the_night_and_one_case_alone_shrink_a_phone_the_same_way(mexico: Portfolio) -> None:
    """The best phone is found in SQL, by the rule's own formula."""
    from workbench.rules.scoring import Priors, reach_of

    imported(mexico, "500.00", "1000.00")
    sql("UPDATE contact_point SET attempts = 7 + id % 2, right_parties = 2")
    night(mexico)
    [(learned,)] = rows("SELECT learned FROM portfolio WHERE id = :id", id=mexico.id)
    expected = sorted(float(reach_of(2, tries, Priors.from_json(learned))) for tries in (7, 8))
    assert sorted(reach for (reach,) in rows("SELECT reach FROM case_standing")) == pytest.approx(expected)


def test_a_sample_teaches_what_the_whole_book_does(mexico: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second case of the file pays late: a sample of every second case would learn one half only."""
    cases = imported(mexico, *["100.00"] * 40)
    sql(
        "INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance, settled_on)"
        " SELECT a.id, a.case_id, 'h' || n, :due, 10, 0, CAST(:due AS date) + CASE a.case_id % 2 WHEN 0 THEN 90 ELSE 1 END"
        " FROM account a, generate_series(1, 200) n",
        due=day(-200),
    )
    with db.reading() as session:
        whole = case_facts.learned(session, mexico.id, on=TODAY)
        monkeypatch.setattr(case_facts, "LEARN_CASES", len(cases) // 2)
        sample = case_facts.learned(session, mexico.id, on=TODAY)
    assert whole.closed_items == 40 * 200 > sample.closed_items > 1_000
    assert whole.base == 0.5
    assert 0.2 < sample.base < 0.8
