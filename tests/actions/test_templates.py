"""Texts are drafted by one person and approved by another; what was approved never changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from models import AuditEntry, Channel, Role, Strategy, Template, TemplateState
from tests.cast import NOW, Cast, owe
from workbench.actions.templates import (
    approve,
    digest,
    discard,
    draft,
    install_templates,
    retire,
    save_draft,
    set_contact_phone,
)
from workbench.queries.letter_facts import letter_facts
from workbench.queries.templates import approved, chosen_template, listed, one_template
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.rules.template_files import shipped_texts

BODY = "{{ creditor }}, mensaje de cobranza: debe {{ total }}. Responda {{ opt_out_word }}."


def begun(session: Session, who: Viewer, portfolio_id: int, code: str = "first_notice") -> Template:
    return draft(session, who, portfolio_id, code, Channel.SMS, "es", at=NOW)


def written(session: Session, who: Viewer, row: Template, body: str = BODY, **fields: str | None) -> Template:
    text = {"subject": None, "whatsapp_name": None} | fields
    return save_draft(session, who, row.id, body=body, seen=digest(row), at=NOW, **text)


def in_use(session: Session, cast: Cast, body: str = BODY, code: str = "first_notice") -> Template:
    row = written(session, cast.marta, begun(session, cast.marta, cast.mexico.id, code), body)
    return approve(session, cast.sofia, row.id, seen=digest(row), at=NOW)


def test_the_shipped_texts_are_there_once_and_for_all(session: Session, cast: Cast) -> None:
    shipped = session.scalars(select(Template).where(Template.portfolio_id.is_(None))).all()
    assert len(shipped) == len(shipped_texts()) == 72
    assert {(each.state, each.version) for each in shipped} == {(TemplateState.APPROVED, 1)}
    assert install_templates(session, at=NOW) == 0


def test_a_new_wording_of_the_product_is_a_new_version(session: Session, cast: Cast) -> None:
    old = approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es")
    old.body = "worded by the version before"
    session.add(old)
    assert install_templates(session, at=NOW) == 1
    new = approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es")
    assert (new.version, new.state, old.state) == (2, TemplateState.APPROVED, TemplateState.RETIRED)
    assert install_templates(session, at=NOW) == 0


def test_a_draft_begins_with_what_leaves_now_and_changes_nothing_yet(session: Session, cast: Cast) -> None:
    shipped = approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es")
    row = begun(session, cast.marta, cast.mexico.id)
    assert (row.body, row.version, row.state, row.author_id) == (shipped.body, 1, "draft", cast.marta.user_id)
    assert approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es") == shipped


def test_a_second_person_puts_it_into_use_for_its_portfolio_alone(session: Session, cast: Cast) -> None:
    row = in_use(session, cast)
    assert (row.state, row.approved_by, row.approved_at) == ("approved", cast.sofia.user_id, NOW)
    assert approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es") == row
    assert approved(session, cast.colombia.id, "first_notice", Channel.SMS, "es").portfolio_id is None
    deeds = session.scalars(select(AuditEntry.deed).where(AuditEntry.subject == "template")).all()
    assert deeds == ["draft_template", "edit_template", "approve_template"]


def test_the_next_version_retires_the_one_before(session: Session, cast: Cast) -> None:
    first = in_use(session, cast)
    second = in_use(session, cast, BODY + " Gracias.")
    assert (first.state, second.state, second.version) == ("retired", "approved", 2)
    assert approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es") == second


def test_nobody_approves_what_they_wrote_a_word_of(session: Session, cast: Cast) -> None:
    row = written(session, cast.marta, begun(session, cast.marta, cast.mexico.id))
    with pytest.raises(Refused, match="Somebody else"):
        approve(session, cast.marta, row.id, seen=digest(row), at=NOW)
    other = replace(cast.sofia, role=Role.MANAGER)
    written(session, other, row, BODY + " Gracias.")
    for writer in (cast.marta, other):
        with pytest.raises(Refused, match="Somebody else"):
            approve(session, writer, row.id, seen=digest(row), at=NOW)
    third = replace(cast.alma, role=Role.MANAGER)
    assert approve(session, third, row.id, seen=digest(row), at=NOW).approved_by == third.user_id


def test_the_database_checks_the_four_eyes_too(session: Session, cast: Cast) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    row.state, row.approved_by, row.approved_at = TemplateState.APPROVED, cast.marta.user_id, NOW
    session.add(row)
    with pytest.raises(IntegrityError, match="four_eyes"):
        session.flush()


def test_what_was_approved_or_retired_never_changes(session: Session, cast: Cast) -> None:
    first = in_use(session, cast)
    in_use(session, cast, BODY + " Gracias.")
    for row in (first, one_template(session, cast.marta, first.id + 1)):
        with pytest.raises(Refused, match="no draft any more"):
            written(session, cast.marta, row, "x")
        with pytest.raises(Refused, match="no draft any more"):
            discard(session, cast.marta, row.id, seen=digest(row), at=NOW)
    assert first.body == BODY
    with pytest.raises(Refused, match="in use"):
        retire(session, cast.marta, first.id, at=NOW)


def test_shipped_texts_stay_as_they_are(session: Session, cast: Cast) -> None:
    shipped = approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es")
    for deed in (
        lambda: written(session, cast.marta, shipped, "x"),
        lambda: retire(session, cast.marta, shipped.id, at=NOW),
        lambda: discard(session, cast.marta, shipped.id, seen=digest(shipped), at=NOW),
    ):
        with pytest.raises(Refused, match="stay as they are"):
            deed()


def test_a_retired_text_gives_way_to_the_shipped_one(session: Session, cast: Cast) -> None:
    row = in_use(session, cast)
    retire(session, cast.sofia, row.id, at=NOW)
    assert approved(session, cast.mexico.id, "first_notice", Channel.SMS, "es").portfolio_id is None


def test_a_text_that_only_the_portfolio_has_stays_while_its_strategy_sends_it(session: Session, cast: Cast) -> None:
    row = in_use(session, cast, code="my_notice")
    strategy = Strategy(
        portfolio_id=cast.mexico.id,
        version=1,
        state="published",
        definition={"segments": [{"steps": [{"template": "my_notice"}]}]},
        created_at=NOW,
        published_at=NOW,
    )
    session.add(strategy)
    session.flush()
    with pytest.raises(Refused, match="published strategy"):
        retire(session, cast.marta, row.id, at=NOW)
    strategy.state, strategy.retired_at = "retired", NOW
    session.flush()
    assert retire(session, cast.marta, row.id, at=NOW).state == "retired"


def test_of_one_text_there_is_one_draft_at_a_time_and_it_can_be_thrown_away(session: Session, cast: Cast) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    with pytest.raises(Refused, match="already a draft"):
        begun(session, cast.marta, cast.mexico.id)
    discard(session, cast.marta, row.id, seen=digest(row), at=NOW)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "discard_template")).one()
    assert entry.details["discarded"]["body"] == row.body
    assert begun(session, cast.marta, cast.mexico.id).version == 1


def test_a_text_that_changed_since_it_was_read_is_neither_approved_nor_overwritten(
    session: Session, cast: Cast
) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    read = digest(row)
    written(session, cast.marta, row)
    with pytest.raises(Refused, match="meanwhile"):
        approve(session, cast.sofia, row.id, seen=read, at=NOW)
    with pytest.raises(Refused, match="meanwhile"):
        save_draft(session, cast.marta, row.id, subject=None, body="x", whatsapp_name=None, seen=read, at=NOW)
    with pytest.raises(Refused, match="meanwhile"):
        discard(session, cast.marta, row.id, seen=read, at=NOW)


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("{{ creditor }} BAJA\n\n{{ 7*7 }}", "Text, line 3: Only placeholders"),
        ("{{ creditor }} BAJA {{ totl }}", "Text, line 1: There is no placeholder totl; the nearest is total"),
        ("Pague ya", "Text, line 1: The text has to say whose debt"),
    ],
)
def test_a_wrong_text_is_kept_as_a_draft_and_never_approved(
    session: Session, cast: Cast, body: str, because: str
) -> None:
    row = written(session, cast.marta, begun(session, cast.marta, cast.mexico.id), body)
    with pytest.raises(Refused, match="^" + because):
        approve(session, cast.sofia, row.id, seen=digest(row), at=NOW)


def test_a_whatsapp_text_needs_the_name_under_which_the_provider_approved_it(session: Session, cast: Cast) -> None:
    row = draft(session, cast.marta, cast.mexico.id, "own_words", Channel.WHATSAPP, "es", at=NOW)
    written(session, cast.marta, row, "Cobranza de {{ creditor }}: responda BAJA si no quiere más.")
    with pytest.raises(Refused, match="approved template: WhatsApp sends only"):
        approve(session, cast.sofia, row.id, seen=digest(row), at=NOW)
    written(session, cast.marta, row, row.body, whatsapp_name="cobranza_propia")
    assert approve(session, cast.sofia, row.id, seen=digest(row), at=NOW).whatsapp_name == "cobranza_propia"


def test_a_text_too_long_is_not_even_kept(session: Session, cast: Cast) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    with pytest.raises(Refused, match="too long"):
        written(session, cast.marta, row, "x" * 641)


@pytest.mark.parametrize(
    ("code", "channel", "language", "because"),
    [
        ("No Such", Channel.SMS, "es", "code"),
        ("first_notice", Channel.CALL, "es", "e-mail, SMS"),
        ("first_notice", Channel.SMS, "fr", "Spanish and English"),
    ],
)
def test_a_text_is_for_a_known_channel_and_language(
    session: Session, cast: Cast, code: str, channel: Channel, language: str, because: str
) -> None:
    with pytest.raises(Refused, match=because):
        draft(session, cast.marta, cast.mexico.id, code, channel, language, at=NOW)


@pytest.mark.parametrize(("who", "because"), [("sofia", "role"), ("ana", "role"), ("alma", "role"), ("bruno", "role")])
def test_only_a_manager_writes_texts(session: Session, cast: Cast, who: str, because: str) -> None:
    with pytest.raises(Refused, match=because):
        begun(session, getattr(cast, who), cast.mexico.id)


@pytest.mark.parametrize("who", ["ana", "alma"])
def test_an_agent_or_admin_approves_nothing(session: Session, cast: Cast, who: str) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    with pytest.raises(Refused, match="role"):
        approve(session, getattr(cast, who), row.id, seen=digest(row), at=NOW)


def test_another_portfolios_texts_are_as_if_they_did_not_exist(session: Session, cast: Cast) -> None:
    row = begun(session, cast.marta, cast.mexico.id)
    stranger = replace(cast.bruno, role=Role.MANAGER)
    for deed in (
        lambda: begun(session, stranger, cast.mexico.id),
        lambda: listed(session, stranger, cast.mexico.id),
        lambda: one_template(session, stranger, row.id),
        lambda: written(session, stranger, row),
        lambda: approve(session, stranger, row.id, seen=digest(row), at=NOW),
        lambda: retire(session, stranger, row.id, at=NOW),
        lambda: discard(session, stranger, row.id, seen=digest(row), at=NOW),
    ):
        with pytest.raises(Refused, match="nothing here"):
            deed()
    assert {each.shipped for each in listed(session, stranger, cast.colombia.id)} == {True}


def test_the_list_says_which_text_leaves(session: Session, cast: Cast) -> None:
    own = in_use(session, cast)
    lines = [
        each
        for each in listed(session, cast.sofia, cast.mexico.id)
        if (each.code, each.channel, each.language) == ("first_notice", "sms", "es")
    ]
    assert [(each.id == own.id, each.shipped, each.used) for each in lines] == [
        (True, False, True),
        (False, True, False),
    ]
    assert (lines[0].author, lines[0].approver) == ("Marta", "Sofía")


@pytest.mark.parametrize(
    ("language", "chosen"),
    [
        ("es", ("es", False)),
        ("en", ("en", False)),
        ("EN-us", ("en", False)),
        (None, ("es", False)),
        ("", ("es", False)),
        ("fr", ("es", True)),
    ],
)
def test_a_language_that_is_missing_falls_back_and_says_so(
    session: Session, cast: Cast, language: str | None, chosen: tuple[str, bool]
) -> None:
    found = chosen_template(session, cast.mexico, "first_notice", Channel.EMAIL, language)
    assert found is not None
    assert (found[0].language, found[1]) == chosen


@pytest.mark.parametrize(
    ("typed", "kept"), [("55 1234 5678", "+525512345678"), ("+57 601 234 5678", "+576012345678"), ("  ", None)]
)
def test_messages_give_the_number_that_the_manager_says(
    session: Session, cast: Cast, typed: str, kept: str | None
) -> None:
    assert set_contact_phone(session, cast.marta, cast.mexico.id, typed, at=NOW) == kept
    case_id = owe(session, cast.mexico).case_id
    shown = letter_facts(session, cast.marta, case_id, at=NOW).contact_phone
    assert (shown or "").replace(" ", "") == (kept or "")


@pytest.mark.parametrize("typed", ["call us", "123", "55 1234 5678 / 55 1234 5679"])
def test_what_is_not_one_number_is_refused(session: Session, cast: Cast, typed: str) -> None:
    with pytest.raises(Refused, match="not one phone number"):
        set_contact_phone(session, cast.marta, cast.mexico.id, typed, at=NOW)


def test_only_its_manager_says_the_number(session: Session, cast: Cast) -> None:
    for who, because in ((cast.sofia, "role"), (replace(cast.bruno, role=Role.MANAGER), "nothing here")):
        with pytest.raises(Refused, match=because):
            set_contact_phone(session, who, cast.mexico.id, "55 1234 5678", at=NOW)


def test_a_draft_never_leaves_and_a_code_without_text_has_none(session: Session, cast: Cast) -> None:
    row = draft(session, cast.marta, cast.mexico.id, "own_words", Channel.SMS, "es", at=NOW + timedelta(days=1))
    written(session, cast.marta, row)
    assert chosen_template(session, cast.mexico, "own_words", Channel.SMS, "es") is None
