"""Conditions of the order's rules over a book of every trait: simulated, rescored and stated on the card alike."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Case, OrderVersion, PhoneKind, StrategyState
from models.interactions import Channel
from tests.actions.books import debtor_of, email, opt_out, publish, segment, step
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.case_histories import write_morning
from workbench.actions.order_versions import publish as put_in_force
from workbench.actions.order_versions import save_draft, simulate
from workbench.actions.standings import rescore_cases
from workbench.queries.cases import case_card
from workbench.queries.order_simulations import last_morning
from workbench.queries.order_versions import names_known, names_written
from workbench.rules.order_complaints import read_rules
from workbench.rules.order_rules import holds, names_of
from workbench.rules.refusals import Refused

PEOPLE = ("Ana", "Sofía", "Bruno")


@pytest.fixture
def book(session: Session, cast: Cast) -> dict[str, int]:
    """Debtors of Mexico by a word each, with a strategy of two segments, on a morning that was kept."""
    late = segment(step("b", 40), code="late", when={"days_past_due": {"least": 31}})
    risky = segment(step("a", 5), code="early", when={"days_past_due": {"most": 30}, "amount": {"most": "1500"}})
    publish(session, cast.mexico, {"segments": [late, risky], "events": {}})
    made = {name: owe(session, cast.mexico, name=name) for name in ("plain", "abroad", "nowhere", "optedout", *PEOPLE)}
    debtor_of(session, made["abroad"], time_zone="America/New_York")
    debtor_of(session, made["nowhere"], time_zone="Etc/UTC")
    debtor_of(session, made["optedout"], contact_facts={"opted_out": True})
    for name, who in zip(PEOPLE, (cast.ana, cast.sofia, cast.bruno), strict=True):
        session.get_one(Case, made[name].case_id).owner_id = who.user_id
    made |= {name: owe(session, cast.mexico, name=name, phone=None) for name in ("mute", "mailed")}
    email(session, made["mailed"])
    made |= {name: owe(session, cast.mexico, name=name) for name in ("landline", "noapp", "nosms")}
    values = {each: made[each].debtor_id for each in ("landline", "noapp")}
    session.execute(text("UPDATE contact_point SET phone_kind = :kind WHERE debtor_id = :landline"), values | {"kind": PhoneKind.LANDLINE.value})  # fmt: skip
    session.execute(text("UPDATE contact_point SET unreachable = '{whatsapp}' WHERE debtor_id = :noapp"), values)
    opt_out(session, made["nosms"], Channel.SMS)
    made["old"] = owe(session, cast.mexico, name="old", days_past_due=50)
    made["large"] = owe(session, cast.mexico, name="large", amount="2000")
    session.flush()
    found = {name: item.case_id for name, item in made.items()}
    rescore_cases(session, list(found.values()), on=TODAY)
    write_morning(session, cast.mexico, TODAY)
    cast.mexico.business_date = TODAY
    session.add(cast.mexico)
    session.flush()
    return found


def simulated(session: Session, cast: Cast, book: dict[str, int], rules: Any) -> set[str]:
    """Whom the first rule is about on the last morning."""
    morning = last_morning(session, cast.mexico)
    rows = holds(rules[0].when, morning.asked(rules), names_of(rules))
    names = {case: name for name, case in book.items()}
    return {names[case] for case in morning.columns["case_id"][rows].tolist()}


def in_force(session: Session, cast: Cast, written: list[Any]) -> None:
    session.add(
        OrderVersion(
            portfolio_id=cast.mexico.id, version=1, state=StrategyState.PUBLISHED, rules=written, created_at=NOW,
            published_at=NOW,
        )
    )  # fmt: skip
    session.flush()


def moved(session: Session, book: dict[str, int]) -> set[str]:
    """Whose score the rules in force move when something happens to them."""

    def scores() -> dict[int, float]:
        return dict(map(tuple, session.execute(text("SELECT case_id, score FROM case_standing"))))

    before = scores()
    rescore_cases(session, list(book.values()), on=TODAY)
    after = scores()
    return {name for name, case in book.items() if after[case] != before[case]}


EVERYBODY = {"plain", "abroad", "nowhere", "optedout", *PEOPLE, "mute", "mailed", "landline", "noapp", "nosms", "old", "large"}  # fmt: skip
WRITTEN_TO = EVERYBODY - {"optedout", "mute", "mailed", "landline"}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({"countries": ["US"]}, {"abroad"}, id="a country by the debtor's zone"),
        pytest.param({"countries": ["mx"]}, EVERYBODY - {"abroad"}, id="no zone's country is the portfolio's"),
        pytest.param({"countries": ["CO"]}, set(), id="a country nobody lives in"),
        pytest.param({"teams": ["norte"]}, {"Ana", "Sofía"}, id="the owner's team"),
        pytest.param({"teams": ["NORTE", "sur"]}, set(PEOPLE), id="one of two teams"),
        pytest.param({"owned": False}, EVERYBODY - set(PEOPLE), id="nobody's"),
        pytest.param({"channels": ["whatsapp"]}, WRITTEN_TO - {"noapp"}, id="has WhatsApp"),
        pytest.param({"channels": ["sms"]}, WRITTEN_TO - {"nosms"}, id="may get an SMS"),
        pytest.param({"channels": ["email", "sms"]}, (WRITTEN_TO | {"mailed"}) - {"nosms"}, id="one or the other"),
        pytest.param({"channels": ["call"]}, WRITTEN_TO | {"landline"}, id="may be called"),
        pytest.param({"without_channels": ["sms", "whatsapp", "email"]}, {"optedout", "mute", "landline"}, id="cannot be written to"),
        pytest.param({"channels": ["call"], "without_channels": ["whatsapp", "sms"]}, {"landline"}, id="only by a call"),
        pytest.param({"segments": ["late"]}, {"old"}, id="a segment"),
        pytest.param({"segments": ["late", "early"]}, EVERYBODY - {"large"}, id="in either; the large one is in none"),
    ],
)  # fmt: skip
def test_whom_a_rule_is_about(
    session: Session, cast: Cast, book: dict[str, int], when: dict[str, Any], expected: set[str]
) -> None:
    assert set(book) == EVERYBODY
    written = [{"name": "una", "when": when, "multiplier": 2}]
    assert simulated(session, cast, book, read_rules(written)) == expected
    in_force(session, cast, written)
    assert moved(session, book) == expected
    told = {name for name, case in book.items() if case_card(session, cast.ana, case, at=NOW).rules}
    assert told == expected


def test_owners_of_a_simulation_are_those_of_its_morning(session: Session, cast: Cast, book: dict[str, int]) -> None:
    session.execute(
        text("UPDATE collection_case SET owner_id = :bruno WHERE id = :id"),
        {"bruno": cast.bruno.user_id, "id": book["Ana"]},
    )
    written = [{"name": "una", "when": {"teams": ["norte"]}, "multiplier": 2}]
    assert simulated(session, cast, book, read_rules(written)) == {"Ana", "Sofía"}
    in_force(session, cast, written)
    assert moved(session, book) == {"Sofía"}  # what is decided now goes by whose they are now


def test_a_draft_names_only_teams_and_segments_that_are_there(
    session: Session, cast: Cast, book: dict[str, int]
) -> None:
    mexico = cast.mexico.id or 0

    def draft(**when: Any) -> None:
        save_draft(session, cast.marta, mexico, [{"name": "una", "when": when, "multiplier": 2}], at=NOW)

    assert names_known(session, cast.marta, mexico) == {
        "teams": {"norte": "Norte"}, "segments": {"late": "late", "early": "early"}
    }  # fmt: skip
    assert names_written(session, cast.marta, mexico)["countries"] == {"MX": "MX", "US": "US"}
    for wrong, why in (({"teams": ["sur"]}, "no team"), ({"segments": ["gone"]}, "no segment gone")):
        with pytest.raises(Refused, match=why):
            draft(**wrong)
    draft(teams=["norte"], segments=["late"], countries=["mx"])
    simulate(session, cast.marta, mexico, at=NOW)
    session.execute(text("UPDATE strategy SET state = 'retired', retired_at = :at"), {"at": NOW})
    session.expire_all()
    with pytest.raises(Refused, match="no segment late"):
        put_in_force(session, cast.marta, mexico, at=NOW)
