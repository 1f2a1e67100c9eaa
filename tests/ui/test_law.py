"""What the card says of the law, in the reader's words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from models import Channel, Outcome
from workbench.queries.dispositions import Choice
from workbench.rules.briefings import Briefing, briefing
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.law_words import Level
from workbench.ui import i18n, law
from workbench.ui.outcomes import Sheet

BOGOTA, SANTIAGO, MEXICO = "America/Bogota", "America/Santiago", "America/Mexico_City"
MORNING = datetime.fromisoformat("2026-11-18T10:00-05:00")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    token = i18n._spoken.set("en")  # `use` also writes to a page's session, and there is no page
    yield
    i18n._spoken.reset(token)


def brief(country: str, zone: str, at: datetime = MORNING, *priors: Prior, **facts: object) -> Briefing:
    place = Place(1, country, zone, ContactPolicy(daily_attempts=3))
    return briefing(place, Known(zone, facts=facts, priors=priors), at, spoken=bool(priors))


def talked(at: datetime) -> Prior:
    return Prior(at, Channel.CALL, "answered")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (brief("CO", BOGOTA), ["cw-good", "May call until 19:00", "Ley 2300 de 2023 art. 3 inc. 2"]),
        (
            brief("CO", BOGOTA, datetime.fromisoformat("2026-11-16T10:00-05:00")),
            ["cw-bad", "No contact on a public holiday: Independencia de Cartagena", "Again from Tue 17 Nov 08:00"],
        ),
        (
            brief("CL", SANTIAGO, MORNING, talked(MORNING - timedelta(days=1))),
            ["Again from Mon 23 Nov 08:00 (Santiago)"],
        ),
        (brief("CO", BOGOTA, opted_out=True), ["cw-bad", "Waiting does not change it.", "Ley 2300 de 2023 art. 2"]),
    ],
)
def test_the_badge_says_until_when_or_why_not_and_by_which_article(given: Briefing, words: list[str]) -> None:
    said = law.badge(given)
    assert all(word in said for word in words), said


def test_the_citation_opens_on_the_sentence_how_it_is_known_and_its_source() -> None:
    said = law.badge(brief("CO", BOGOTA))
    assert "Monday to Friday 7:00 to 19:00" in said
    assert (
        "How it is known: the law&#x27;s text was read." in said or "How it is known: the law's text was read." in said
    )
    assert 'href="https://' in said


def test_what_is_left_names_its_period_and_what_counts() -> None:
    given = brief("CL", SANTIAGO, MORNING, talked(MORNING - timedelta(days=1)))
    said = " ".join(law.contacts_left(given.allowances, given.zone, allowed=given.allowed))
    assert "This week: <b>0 of 1 calls left</b> (only conversations count, until Mon 23 Nov)" in said
    assert "Today: <b>3 of 3 calls left</b> (every attempt counts)" in said
    assert "portfolio policy" in said


def test_a_limit_on_deliveries_does_not_say_that_every_attempt_counts() -> None:
    given = brief("CL", SANTIAGO)
    limit = replace(given.allowances[0], level=Level.DELIVERY)
    assert "only what was delivered counts" in law.contacts_left([limit], SANTIAGO, allowed=True)[0]


def test_a_limit_on_other_channels_is_not_counted_as_calls() -> None:
    given = brief("CO", BOGOTA)
    assert "co.one_channel_per_week" in {each.rule.id for each in given.allowances}
    assert not [line for line in law.contacts_left(given.allowances, given.zone, allowed=True) if "This week" in line]


@pytest.mark.parametrize(("country", "zone", "asked"), [("CO", BOGOTA, {"note"}), ("MX", MEXICO, {"note", "reason"})])
def test_the_form_asks_for_no_field_that_the_law_forbids(country: str, zone: str, asked: set[str]) -> None:
    choice = Choice("call.cannot_pay", Outcome.RIGHT_PARTY, "", "", frozenset({"note", "reason"}), False, False)
    sheet = Sheet(1, None, {}, brief(country, zone), None)  # type: ignore[arg-type]  # no case is asked
    assert sheet.asks(choice) == asked


def test_what_may_not_be_asked_and_what_is_to_be_said_stand_under_the_badge() -> None:
    said = law.guidance(brief("CO", BOGOTA))
    assert "Do not ask:" in said
    assert "To say in this call (" in said
