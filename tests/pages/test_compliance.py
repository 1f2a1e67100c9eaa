"""The page Compliance as each role sees it."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import AuditEntry, Channel, LawVersion, Portfolio
from tests.cast import NOW, TODAY, Cast, owe
from tests.queries.test_compliance import block
from tests.queries.test_evidence import contact
from workbench import db
from workbench.queries.compliance import blocked_on, place_of_portfolio
from workbench.rules.law_versions import digest, law_texts
from workbench.ui import access, i18n
from workbench.ui.compliance_blocked import blocked_file

PAGE = str(Path(__file__).parents[2] / "pages/compliance.py")


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")  # AppTest puts a chosen part into words outside of the page
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


def shown(page: AppTest) -> str:
    """Every text on the page, our own markup included."""
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.info, *page.markdown]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def parts(page: AppTest) -> list[str]:
    [part] = [each for each in page.button_group if each.key == "compliance-part"]
    return part.options


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("sofia", ["The law", "Blocked today", "Lawful hours"]),
        ("marta", ["The law", "Blocked today", "Lawful hours", "Evidence", "Changes"]),
        ("alma", ["The law", "Blocked today", "Lawful hours", "Changes"]),
    ],
)
def test_each_role_finds_its_own_parts(fresh_cast: Cast, opened, name: str, titles: list[str]) -> None:
    page = opened(getattr(fresh_cast, name))
    assert parts(page) == titles


@pytest.mark.parametrize("name", ["ana", "bruno"])
def test_agents_do_not_see_the_page(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_the_law_says_what_holds_who_says_so_and_how_sure_we_are(fresh_cast: Cast, opened) -> None:
    said = shown(opened(fresh_cast.alma))
    for text in (
        "Monday to Friday 7:00 to 19:00, Saturdays 8:00 to 15:00.",
        "Ley 2300 de 2023 art. 3 inc. 2",
        'href="https://www.funcionpublica.gov.co/eva/gestornormativo/norma.php?i=213990"',
        "in force since 10 Oct 2023",
        "text read",
        "the law&#x27;s text was read",
        "only warns",
        "Not legal advice",
        "Read so here",
        "Own policy of this portfolio",
        "Monday to Friday 08:00 to 19:00",
        "Whether the closing minute is included; here it is not.",
    ):
        assert text in said, text


def test_a_country_without_known_law_says_so(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "UY"
    said = shown(opened(fresh_cast.marta))
    assert "No law of collection contacts was found: all of this is policy." in said


def test_a_country_without_a_file_shows_the_policy_as_policy(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "FR"
    said = shown(opened(fresh_cast.marta))
    assert "No law file for FR" in said
    assert "Policy, not law" in said


def part(page: AppTest, name: str) -> AppTest:
    """The page with another part opened."""
    return page.segmented_control(key="compliance-part").set_value(name).run()


def test_a_quiet_day_says_so(fresh_cast: Cast, opened) -> None:
    assert "Nothing was blocked on 18 Nov 2026" in shown(part(opened(fresh_cast.sofia), "blocked"))


def test_what_was_blocked_is_counted_by_rule_and_told_one_by_one(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Ximena Villaseñor")
        reason = {"msgid": "No contact on a public holiday: {name}.", "params": {"name": "Revolución"}}
        block(session, item, user_id=fresh_cast.ana.user_id, because=reason, next_allowed=NOW + timedelta(hours=21))
        block(session, item, rule="policy.hours", law="Política de la cartera", at=NOW + timedelta(minutes=1))
    page = part(opened(fresh_cast.marta), "blocked")
    assert "2 contacts blocked · 0 saved afterwards" in shown(page)
    [attempts] = [each.value for each in page.dataframe]
    assert shown(page).index("portfolio policy") < shown(page).index("Reglas CONDUSEF")
    assert "The portfolio&#x27;s own hours." in shown(page)
    assert list(attempts["Debtor"]) == ["Ximena Villaseñor"] * 2
    assert list(attempts["Why"]) == ["The portfolio's own hours.", "No contact on a public holiday: Revolución."]
    assert list(attempts["When, there"]) == ["Wed 18 Nov 10:01 (Mexico City)", "Wed 18 Nov 10:00 (Mexico City)"]
    assert list(attempts["Next lawful moment"]) == ["Waiting does not change it.", "Thu 19 Nov 07:00 (Mexico City)"]
    assert list(attempts["Who"]) == ["the system", "Ana"]
    page = opened(fresh_cast.alma)
    page.selectbox(key="compliance-of").set_value(fresh_cast.mexico.id).run()
    hidden = part(page, "blocked").dataframe[0].value
    assert set(hidden["Debtor"]) == {"•••"}
    assert "Case" not in hidden  # Search is not an admin's page


def test_the_file_of_what_was_blocked_runs_no_formula_and_is_noted(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        block(session, owe(session, fresh_cast.mexico, name='=HYPERLINK("http://x")'))
    with db.reading() as session:
        place = place_of_portfolio(session, fresh_cast.sofia, fresh_cast.mexico.id)
        blocked = blocked_on(session, fresh_cast.sofia, fresh_cast.mexico.id, on=TODAY)
    file = blocked_file(fresh_cast.sofia.user_id, place, blocked, TODAY).decode("utf-8-sig")
    assert "\"'=HYPERLINK" in file
    assert "2026-11-18 16:00" in file
    with db.reading() as session:
        [entry] = session.exec(select(AuditEntry).where(AuditEntry.deed == "export_blocked_contacts")).all()
    assert (entry.by_id, entry.details) == (fresh_cast.sofia.user_id, {"on": "2026-11-18", "rows": 1})


def test_lawful_hours_come_from_the_engine_with_rule_and_holiday(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "CO"
        session.get_one(Portfolio, fresh_cast.mexico.id).time_zone = "America/Bogota"
    page = part(opened(fresh_cast.sofia), "hours")
    assert not page.exception
    days, cells = (each.value for each in page.dataframe)
    assert list(days["Lawful"][:3]) == ["08:00-19:00"] * 3  # the policy's hours, within the law's
    assert "not lawful" in set(days["Lawful"])  # saturday by the policy, sunday by the law
    assert len(cells) == 7 * 48
    sunday = cells[cells["Day"].str.startswith("Sun")]
    assert set(sunday["State"]) == {"not lawful"}
    assert set(sunday["Law"]) == {"Ley 2300 de 2023 art. 3 inc. 2"}
    page = page.segmented_control(key="hours-channel").set_value(Channel.VISIT).run()
    assert set(page.dataframe[0].value["Lawful"]) == {"not lawful"}


def test_a_holiday_is_named_on_its_day(fresh_cast: Cast, opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "CO"
        session.get_one(Portfolio, fresh_cast.mexico.id).time_zone = "America/Bogota"
    page = opened(fresh_cast.sofia)
    monkeypatch.setattr(access, "now", lambda: datetime(2026, 12, 7, 15, tzinfo=UTC))
    days, cells = (each.value for each in part(page, "hours").dataframe)
    tuesday = days.iloc[1]
    assert (tuesday["Day"], tuesday["Lawful"]) == ("Tue 8 Dec", "not lawful")
    assert "Inmaculada" in tuesday["Holiday"]
    assert all("Inmaculada" in day for day in cells[48:96]["Day"])
    assert all("Inmaculada" in why for why in cells[48:96]["Why"])


def test_sofia_never_finds_colombia(fresh_cast: Cast, opened) -> None:
    assert opened(fresh_cast.sofia).selectbox(key="compliance-of").options == ["Banco del Valle"]


def test_marta_finds_a_debtors_evidence_and_may_take_it(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Ximena Villaseñor")
        owe(session, fresh_cast.colombia, name="Ximena Restrepo")
        contact(session, item, note="Contestó su hermana")
        block(session, item)
    page = part(opened(fresh_cast.marta), "evidence")
    assert "Whose evidence?" in shown(page)
    page = page.text_input(key="evidence-typed").set_value("ximena").run()
    assert [option.split(" · ")[0] for option in page.selectbox[1].options] == ["Ximena Villaseñor"]
    [history] = [each.value for each in page.dataframe]
    assert list(history["Note"]) == ["Contestó su hermana", ""]
    assert list(history["Decision"])[1] == "blocked"
    assert "judged anew" in shown(page)
    assert len(page.get("download_button")) == 2
    page = page.text_input(key="evidence-typed").set_value("restrepo").run()
    assert "Nobody fits “restrepo”" in shown(page)


def test_what_changed_in_a_law_is_told_by_rule_with_whom_it_affects(fresh_cast: Cast, opened) -> None:
    now = law_texts()["CO"]
    before = now.replace("mon-fri: 07:00-19:00", "mon-fri: 06:00-20:00").replace("co.no_visits", "co.visits_banned")
    assert before != now
    with db.transaction() as session:
        owe(session, fresh_cast.colombia)
        portfolio = session.get_one(Portfolio, fresh_cast.colombia.id)
        portfolio.weekday_opens, portfolio.weekday_closes = time(5), time(21)
        session.add(LawVersion(country="CO", digest=digest(before), content=before, seen_at=NOW - timedelta(days=9)))
        session.add(LawVersion(country="CO", digest=digest(now), content=now, seen_at=NOW - timedelta(days=1)))
    page = part(opened(fresh_cast.alma), "changes")
    said = shown(page)
    for text in ("1 rule added · 1 rule removed", "Hours · Mon-Fri", "06:00-20:00", "07:00-19:00"):
        assert text in said, text
    affected, effects = (each.value for each in page.dataframe)
    assert list(affected.iloc[0]) == ["Telefonía Andina", 1, 1]
    calls = effects[effects["Channel"] == "Call"].iloc[0]
    assert calls["By the law"] == "77 h → 67 h (-10)"  # Saturdays too
    assert calls["Within the portfolio's policy"] == "70 h → 60 h (-10)"
    assert "Visit" not in set(effects["Channel"])  # banned before and after


def test_a_law_with_one_version_says_so(fresh_cast: Cast, opened) -> None:
    assert "Only one version of this law is known" in shown(part(opened(fresh_cast.marta), "changes"))


def test_a_file_of_ones_own_is_compared_and_a_wrong_one_told_with_its_line(fresh_cast: Cast, opened) -> None:
    page = part(opened(fresh_cast.alma), "changes")
    edited = law_texts()["CO"].replace("sat: 08:00-15:00", "sat: 08:00-14:00")
    page.file_uploader(key="law-file").upload("co.yaml", edited.encode(), "text/yaml")
    page = page.run()
    assert "08:00-14:00" in shown(page)
    page.file_uploader(key="law-file").upload("co.yaml", edited.replace("08:00-14:00", "late").encode(), "text/yaml")
    page = page.run()
    assert "co.yaml, line" in shown(page)
