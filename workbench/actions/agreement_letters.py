"""The letter that confirms an agreement: written once as a PDF that is kept, and sent like every message."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlmodel import Session, select

from models import Agreement, Document, DocumentKind, Portfolio
from models.agreements import AgreementState
from models.messages import Cause
from workbench.actions import audit
from workbench.actions.planned_rows import CAUSES, Of, write_events
from workbench.channels.letter_pdf import MEDIA_TYPE, letter_pdf
from workbench.queries.agreement_letters import Download, letter_file, letter_of
from workbench.queries.contact_rules import places
from workbench.queries.message_facts import cases_where, day_number, message_facts, texts_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.agreement_letters import agreement_letter
from workbench.rules.best_contact import WRITTEN
from workbench.rules.held import Code
from workbench.rules.local_clock import minutes_around
from workbench.rules.message_channels import CODES, FREE, Moment, Wish, letters
from workbench.rules.message_plans import stops
from workbench.rules.refusals import Refused
from workbench.rules.strategies import Order
from workbench.rules.strategy_shipped import FORMAL

TEMPLATE = "agreement_letter"
EXPIRES_DAYS = 4  # business dates: signed on a Friday evening, it may still leave on Monday


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is kept, and on which channel it will leave; `held` = why it does not."""

    document_id: int
    channel: str | None
    held: Code | None = None


def confirm(session: Session, agreement: Agreement, *, by: int | None, at: datetime) -> Letter:
    """Writes an agreement's letter and plans its sending; the same agreement has one letter, however often it is asked.

    By e-mail with the PDF where there is an address, else by WhatsApp or SMS in words. The law, opt-outs and pauses
    hold for it as for every message: what they keep back is still a PDF to hand over.
    """
    assert agreement.id is not None
    document = session.scalar(select(Document).where(Document.agreement_id == agreement.id)) or _written(
        session, agreement, by=by, at=at
    )
    assert document.id is not None
    channel, held = _planned(session, agreement, document.id, at=at)
    return Letter(document.id, channel, held)


def send_again(session: Session, who: Viewer, agreement_id: int, *, at: datetime) -> Letter:
    """Plans the letter of an agreement once more: for a debtor of whom an address or number was found since."""
    who.require(Permission.WORK_QUEUE)
    agreement = session.get(Agreement, agreement_id)
    if agreement is None or agreement.portfolio_id not in who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    if agreement.state not in (AgreementState.ACTIVE, AgreementState.COMPLETED):
        raise Refused("This agreement has ended: its letter is not sent any more.")
    return confirm(session, agreement, by=who.user_id, at=at)


def take_out(session: Session, who: Viewer, document_id: int, *, at: datetime) -> Download:
    """A letter's PDF for whoever may see its debtor; the audit keeps who took it."""
    found = letter_file(session, who, document_id)
    audit.log(session, "export_agreement_letter", "document", document_id, by=who.user_id, at=at)
    return found


def _written(session: Session, agreement: Agreement, *, by: int | None, at: datetime) -> Document:
    assert agreement.id is not None
    session.flush()
    told = letter_of(session, agreement.id)
    letter = agreement_letter(told.signed, told.language)
    content = letter_pdf(letter)
    document = Document(
        portfolio_id=told.portfolio_id,
        case_id=told.case_id,
        agreement_id=agreement.id,
        kind=DocumentKind.AGREEMENT_LETTER,
        name=letter.file_name,
        media_type=MEDIA_TYPE,
        language=told.language,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        by_id=by,
        created_at=at,
    )
    session.add(document)
    session.flush()
    details = {"agreement": agreement.id, "language": told.language, "language_wanted": told.wanted}
    audit.log(session, "write_agreement_letter", "document", document.id, by=by, at=at, **details)
    return document


def _planned(
    session: Session, agreement: Agreement, document_id: int, *, at: datetime
) -> tuple[str | None, Code | None]:
    """The channel on which it leaves, or why it does not; writes the message unless it is there."""
    session.flush()
    portfolio = session.get_one(Portfolio, agreement.portfolio_id)
    assert portfolio.id is not None
    on = places(session, [portfolio.id])[portfolio.id].today(at)
    texts = texts_of(session, portfolio)
    facts = message_facts(session, portfolio, cases_where([agreement.case_id]), on=on, at=at, languages=texts.languages)
    row = np.zeros(1, np.int64)
    stopped = int(stops(facts, row, written=np.ones(1, np.bool_), asking=False, alone=False)[0])
    if stopped != FREE:
        return None, CODES[stopped]
    wish = Wish(
        tuple(WRITTEN[WRITTEN.index(each)] for each in FORMAL), Order.LISTED, TEMPLATE, expires_days=EXPIRES_DAYS
    )
    found = letters([wish], row, row, facts, Moment(day_number(on), minutes_around(at)[1], texts))
    if found.held[0] != FREE:
        return None, CODES[int(found.held[0])]
    columns = {
        "cause": np.full(1, CAUSES.index(Cause.AGREEMENT)),
        "subject": np.full(1, agreement.id),
        "wish": row,
        "number": row,
        "document": np.full(1, document_id),
    }
    write_events(session, Of(portfolio.id, 0, on, at), [TEMPLATE], facts, row, columns, found)
    return WRITTEN[int(found.channel[0])].value, None
