"""A jurisdiction file is read whole or refused with its line; a new country is a new file and nothing else."""

import re
import shutil
from datetime import UTC, date, datetime

import pytest

from models.interactions import Channel
from workbench.rules import law_files
from workbench.rules.contact_law import Policy, Question, may_contact
from workbench.rules.feasts import feasts
from workbench.rules.law_files import FOLDER, LawFileError, jurisdictions, read, read_file
from workbench.rules.law_schema import Confidence
from workbench.rules.refusals import Refused

COUNTRIES = [
    "AR",
    "BO",
    "BR",
    "CL",
    "CO",
    "CR",
    "DO",
    "EC",
    "ES",
    "GB",
    "GT",
    "HN",
    "MX",
    "NI",
    "PA",
    "PE",
    "PY",
    "SV",
    "US",
    "UY",
]
COLOMBIA = (FOLDER / "co.yaml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_all_twenty_countries_are_read():
    assert sorted(jurisdictions()) == COUNTRIES


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_rule_says_where_it_was_read_or_that_it_is_no_law(country):
    law = jurisdictions()[country]
    for rule in law.rules:
        assert rule.says.es != rule.says.en, rule.id
        if rule.confidence in {Confidence.TEXT, Confidence.SECONDARY}:
            assert rule.source, rule.id
            assert any(law.sources[source].url for source in rule.source), rule.id


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("sat: 08:00-15:00", "sat: 15:00-08:00", "“15:00-08:00” opens after it closes: write opening-closing"),
        ("sat: 08:00-15:00", "sat: 8-15", "“8-15” are no hours"),
        ("mon-fri: 07:00-19:00", "fri-mon: 07:00-19:00", "“fri-mon” runs backwards"),
        ("mon-fri: 07:00-19:00", "mon-sat: 07:00-19:00", "sat is given twice"),
        ("    days: [sun]\n", "", "this rule closes nothing"),
        ("kind: hours", "kind: hourly", "does not match any of the expected tags"),
        ("    max: 1\n", "    maximum: 1\n", "Extra inputs are not permitted"),
        ("sfc_two_way: contact", "sfc_one_way: contact", "are not the readings of one question of this file"),
        ("{sfc_two_way: contact, attempt_counts: attempt}", "{sfc_two_way: contact}", "say what holds under attempt_counts"),
        ("default: sfc_two_way", "default: sfc_no_way", "the default “sfc_no_way” is none of the options"),
        ("lifts: [co.no_visits]", "lifts: [co.no_visit]", "there is no rule “co.no_visit”"),
        ("id: co.window", "id: cl.window", "the id of a rule of CO begins with “co.”"),
        ("id: co.window", "id: co.no_sunday", "co.no_sunday is there twice, and both could hold at once"),
        ("source: [L2300, L51]", "source: [L2300, L52]", "there is no source “L52”"),
        ("confidence: memory", "confidence: text", "confidence text needs a source"),
        ("confidence: memory", "confidence: sure", "Input should be 'text', 'secondary', 'policy' or 'memory'"),
        ("when: {opted_out: true}", "when: {opted_ut: true}", "there is no fact “opted_ut”"),
        ("field: reason", "field: shoe_size", "there is no field “shoe_size”"),
        ("channels: [visit]", "channels: [pigeon]", "Input should be 'call', 'email'"),
        ("{from: 2023-10-10}", "{from: 2023-10-10, until: 2022-01-01}", "until lies before from"),
        ("per: day", "per: fortnight", "write day, iso_week or 1 to 31 days"),
        ("per: day", "per: 32 days", "write day, iso_week or 1 to 31 days"),
        ("topic: recording", "topic: gossip", " / topic: Input should be 'content', 'caller_id'"),
        ("zones: [America/Bogota]", "zones: [America/Bogota", "this is no YAML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line_and_what_to_write(right, wrong, said):
    assert right in COLOMBIA
    with pytest.raises(LawFileError) as refused:
        read(COLOMBIA.replace(right, wrong, 1), "co.yaml")
    told = str(refused.value)
    assert said in told
    assert told.startswith("co.yaml, line ")
    complaint = next(line for line in told.splitlines() if said in line)
    assert abs(int(re.match(r"co\.yaml, line (\d+)", complaint)[1]) - line_of(COLOMBIA, right)) <= 10


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("co.opt_out", "no rule heeds who opted out"),
        ("co.window", "no rule says at what hours"),
    ],
)
def test_an_incomplete_file_is_refused(rule, said):
    start = COLOMBIA.index(f"  - id: {rule}\n")
    end = COLOMBIA.index("  - id:", start + 1)
    without = (COLOMBIA[:start] + COLOMBIA[end:]).replace(f"[{rule}, ", "[").replace(f"[{rule}]", "[co.no_sunday]")
    with pytest.raises(LawFileError, match=said):
        read(without, "co.yaml")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  - {id: co.wait, kind: gap, wait: 40 clear days, counts: contact}", "1 to 99 hours or 1 to 31 clear days"),
        ("  - {id: co.wait, kind: gap, wait: 0 clear days, counts: contact}", "1 to 99 hours or 1 to 31 clear days"),
        ("  - {id: co.ban, kind: ban}", "this ban forbids everything"),
        (
            "  - {id: co.ban, kind: ban, targets: [debtor], targets_except: [heir]}",
            "targets or targets_except, not both",
        ),
        ("  - {id: co.ban, kind: ban, targets: [debtor]}", "this forbids every contact with the debtor"),
        ("  - {id: co.lift, kind: exception, lifts: [co.window]}", "an exception needs purposes or when"),
        ("  - {id: co.lift, kind: exception, lifts: [co.window], purposes: [fun]}", "there is no purpose “fun”"),
        ("  - {id: co.there, kind: closed, holidays: true, region: [AN]}", "there is no region “AN”; known are: none"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(more, said):
    common = 'law: "Ley X", confidence: policy, says: {es: "Una regla.", en: "A rule."}}'
    text = COLOMBIA.replace("\nrules:\n", f"\nrules:\n{more[:-1]}, {common}\n")
    with pytest.raises(LawFileError, match=re.escape(said)):
        read(text, "co.yaml")


@pytest.mark.parametrize(
    ("holiday", "said"),
    [
        ("{name: Feria}", "give either day or month_day"),
        ("{name: Feria, day: 2026-11-20, month_day: 11-20}", "give either day or month_day"),
        ("{name: Feria, month_day: 11-20, region: AN}", "there is no region “AN”"),
    ],
)
def test_a_holiday_that_says_no_day_or_no_place_is_refused(holiday, said):
    with pytest.raises(LawFileError, match=said):
        read(f"{COLOMBIA}\nholidays: {{add: [{holiday}]}}\n", "co.yaml")


def test_a_file_under_another_countrys_name_is_refused(tmp_path):
    shutil.copy(FOLDER / "co.yaml", tmp_path / "cl.yaml")
    with pytest.raises(LawFileError, match=r"this is the law of CO; name the file co\.yaml"):
        read_file(tmp_path / "cl.yaml")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of laws of its own, with Colombia only."""
    shutil.copy(FOLDER / "co.yaml", tmp_path)
    monkeypatch.setattr(law_files, "FOLDER", tmp_path)
    jurisdictions.cache_clear()
    yield tmp_path
    jurisdictions.cache_clear()


def in_montevideo(at: datetime, policy: Policy | None = None) -> Question:
    return Question("UY", at, ("America/Montevideo",), Channel.CALL, policy=policy)


SUNDAY = datetime(2026, 11, 22, 15, tzinfo=UTC)  # noon in Montevideo


def test_a_country_without_a_file_is_refused_unless_the_portfolio_has_a_policy(folder):
    with pytest.raises(Refused, match="No law is known for UY; known are: CO"):
        may_contact(in_montevideo(SUNDAY))
    mornings = Policy(hours=tuple((day, 8 * 60, 12 * 60) for day in range(5)), holidays_closed=True)
    denied = may_contact(in_montevideo(SUNDAY, mornings))
    assert (denied.allowed, denied.rule.id) == (False, "policy.hours")
    assert denied.next_allowed == datetime(2026, 11, 23, 11, tzinfo=UTC)


def test_uruguay_is_added_by_its_file_alone_and_shown_as_policy(folder):
    shutil.copy(FOLDER / "uy.yaml", folder)
    jurisdictions.cache_clear()
    denied = may_contact(in_montevideo(SUNDAY))
    assert not denied.allowed
    assert denied.rule.confidence is Confidence.POLICY
    assert not jurisdictions()["UY"].known_law
    assert denied.next_allowed == datetime(2026, 11, 23, 12, tzinfo=UTC)  # Monday 09:00


def test_a_day_the_package_lacks_is_added_in_its_year_and_one_it_has_too_many_is_dropped():
    more = "holidays: {add: [{name: Duelo nacional, day: 2026-11-20}, {name: Feria, month_day: 12-07}], drop: [2026-12-25]}"
    law = read(f"{COLOMBIA}\n{more}\n", "co.yaml")
    now, later = (feasts(law, "CO", None, year) for year in (2026, 2027))
    assert now[date(2026, 11, 20)] == "Duelo nacional"
    assert date(2027, 11, 20) not in later
    assert now[date(2026, 12, 7)] == later[date(2027, 12, 7)] == "Feria"
    assert date(2026, 12, 25) not in now
    assert date(2027, 12, 25) in later
