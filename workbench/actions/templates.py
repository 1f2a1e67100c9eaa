"""The texts debtors receive: shipped ones put in, own ones drafted, approved by a second person, retired."""

import hashlib
import re
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Channel, Portfolio, Template, TemplateState
from workbench.actions import audit
from workbench.queries.templates import approved, one_template
from workbench.rules.access import Permission, Viewer
from workbench.rules.phones import read_phones
from workbench.rules.refusals import Refused
from workbench.rules.strategies import WRITTEN
from workbench.rules.template_checks import BODY_LENGTH, CODES, SUBJECT_LENGTH, Text, check
from workbench.rules.template_files import shipped_texts
from workbench.rules.templating import in_words
from workbench.rules.words import LANGUAGES

_CODE = re.compile(r"[a-z][a-z0-9_]{2,39}")


def install_templates(session: Session, *, at: datetime) -> int:
    """Puts in the shipped texts that are missing or that this version words anew; says how many. Own ones stay."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('templates'))"))
    shipped = select(Template).where(col(Template.portfolio_id).is_(None)).order_by(col(Template.version))
    latest = {(each.code, each.channel, each.language): each for each in session.scalars(shipped)}
    new = 0
    for each in shipped_texts():
        before = latest.get((each.code, each.channel, each.language))
        if before and before.state == TemplateState.APPROVED and digest(before) == digest(each):
            continue
        if before and before.state == TemplateState.APPROVED:
            before.state = TemplateState.RETIRED
            session.add(before)
        session.add(
            _row(each, before.version + 1 if before else 1, state=TemplateState.APPROVED, approved_at=at, at=at)
        )
        new += 1
    session.flush()
    return new


def draft(
    session: Session, who: Viewer, portfolio_id: int, code: str, channel: Channel, language: str, *, at: datetime
) -> Template:
    """Begins a portfolio's next version with the text that leaves now; of one text there is one draft at a time."""
    who.require(Permission.EDIT_TEMPLATES)
    who.require_portfolio(portfolio_id)
    if code not in CODES and not _CODE.fullmatch(code):
        raise Refused("A template's code is 3 to 40 small letters, digits and _, for example second_notice.")
    if channel not in WRITTEN or language not in LANGUAGES:
        raise Refused("Templates are for e-mail, SMS and WhatsApp, in Spanish and English.")
    versions = _versions(session, portfolio_id, code, channel, language)
    if any(each.state == TemplateState.DRAFT for each in versions):
        raise Refused("There is already a draft of this text: edit it, or discard it.")
    now = approved(session, portfolio_id, code, channel, language)
    subject = now.subject if now else ("" if channel == Channel.EMAIL else None)
    content = Text(code, channel, language, subject, now.body if now else "", now.whatsapp_name if now else None)
    number = max((each.version for each in versions), default=0) + 1
    row = _row(content, number, state=TemplateState.DRAFT, at=at, portfolio_id=portfolio_id, author_id=who.user_id)
    return _kept(session, row, "draft_template", who, at)


def save_draft(
    session: Session,
    who: Viewer,
    template_id: int,
    *,
    subject: str | None,
    body: str,
    whatsapp_name: str | None,
    seen: str,
    at: datetime,
) -> Template:
    """Writes a draft anew; whoever writes last is its author. `seen` is the `digest` of the text that was changed."""
    row = _draft(session, who, template_id, Permission.EDIT_TEMPLATES, seen)
    if len(body) > BODY_LENGTH[row.channel] or len(subject or "") > SUBJECT_LENGTH:
        raise Refused(
            "The text is too long: {most} characters are the most on this channel, {subject} in a subject.",
            most=BODY_LENGTH[row.channel],
            subject=SUBJECT_LENGTH,
        )
    row.subject = (subject or "").strip() if row.channel == Channel.EMAIL else None
    row.body = body.replace("\r\n", "\n").strip()
    row.whatsapp_name = (whatsapp_name or "").strip() or None if row.channel == Channel.WHATSAPP else None
    row.author_id = who.user_id
    return _kept(session, row, "edit_template", who, at)


def approve(session: Session, who: Viewer, template_id: int, *, seen: str, at: datetime) -> Template:
    """Lets a draft leave from now on, by somebody who wrote no word of it; the version before it retires.

    `seen` is the `digest` of the text that was read: one that has changed since is refused.
    """
    row = _draft(session, who, template_id, Permission.APPROVE_TEMPLATES, seen)
    if session.execute(_WROTE, {"template": template_id, "who": who.user_id}).first():
        raise Refused("Somebody else has to approve what you have written.")
    if wrong := next((each for each in check(row) if each.blocks), None):
        raise Refused("{where}: {what}", **in_words(wrong))
    assert row.portfolio_id is not None
    for each in _versions(session, row.portfolio_id, row.code, row.channel, row.language):
        if each.state == TemplateState.APPROVED:
            each.state = TemplateState.RETIRED
            session.add(each)
    row.state, row.approved_by, row.approved_at = TemplateState.APPROVED, who.user_id, at
    return _kept(session, row, "approve_template", who, at)


def retire(session: Session, who: Viewer, template_id: int, *, at: datetime) -> Template:
    """Takes an own approved text out of use: the shipped one leaves again, if there is one."""
    who.require(Permission.APPROVE_TEMPLATES)
    row = _own(session, who, template_id)
    if row.state != TemplateState.APPROVED:
        raise Refused("Only a text in use can be retired.")
    if row.code not in CODES and session.scalar(_NEEDED, {"portfolio": row.portfolio_id, "code": f'"{row.code}"'}):
        raise Refused("The published strategy sends this text, and no other could take its place.")
    row.state = TemplateState.RETIRED
    return _kept(session, row, "retire_template", who, at)


def discard(session: Session, who: Viewer, template_id: int, *, seen: str, at: datetime) -> None:
    """Throws a draft away; the audit keeps its words."""
    row = _draft(session, who, template_id, Permission.EDIT_TEMPLATES, seen)
    _log(session, row, "discard_template", who, at, discarded={"subject": row.subject, "body": row.body})
    session.delete(row)
    session.flush()


def set_contact_phone(session: Session, who: Viewer, portfolio_id: int, typed: str, *, at: datetime) -> str | None:
    """Says which number messages give debtors to call, or none when nothing is typed; gives it as E.164."""
    who.require(Permission.EDIT_TEMPLATES)
    who.require_portfolio(portfolio_id)
    portfolio = session.get_one(Portfolio, portfolio_id, with_for_update=True)
    read = read_phones(typed, portfolio.country)
    if typed.strip() and (len(read) != 1 or read[0].e164 is None):
        raise Refused("This is not one phone number of {country} or with its + code.", country=portfolio.country)
    before, portfolio.contact_phone = portfolio.contact_phone, read[0].e164 if read else None
    session.add(portfolio)
    session.flush()
    changed = {"from": before, "to": portfolio.contact_phone}
    audit.log(session, "set_contact_phone", "portfolio", portfolio_id, by=who.user_id, at=at, **changed)
    return portfolio.contact_phone


def digest(content: Template | Text) -> str:
    """The fingerprint of a text, to tell whether it is still the one somebody read."""
    parts = (content.subject or "", content.body, content.whatsapp_name or "")
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _draft(session: Session, who: Viewer, template_id: int, permission: Permission, seen: str) -> Template:
    who.require(permission)
    row = _own(session, who, template_id)
    if row.state != TemplateState.DRAFT:
        raise Refused("This version is no draft any more; begin a new one.")
    if digest(row) != seen:
        raise Refused("Somebody has changed this text meanwhile; read it again.")
    return row


def _own(session: Session, who: Viewer, template_id: int) -> Template:
    row = one_template(session, who, template_id)
    if row.portfolio_id is None:
        raise Refused("Shipped texts stay as they are; begin a version of the portfolio's own.")
    session.refresh(row, with_for_update=True)
    return row


def _versions(session: Session, portfolio_id: int, code: str, channel: Channel, language: str) -> list[Template]:
    """All of a portfolio's versions of one text; of two people who draft or approve, one waits for the other."""
    session.execute(_ONE_AT_A_TIME, {"portfolio": portfolio_id})
    found = select(Template).where(
        Template.portfolio_id == portfolio_id,
        Template.code == code,
        Template.channel == channel,
        Template.language == language,
    )
    return list(session.scalars(found))


def _row(
    content: Text,
    version: int,
    *,
    state: TemplateState,
    at: datetime,
    approved_at: datetime | None = None,
    portfolio_id: int | None = None,
    author_id: int | None = None,
) -> Template:
    return Template(
        portfolio_id=portfolio_id,
        code=content.code,
        channel=content.channel,
        language=content.language,
        version=version,
        subject=content.subject,
        body=content.body,
        whatsapp_name=content.whatsapp_name,
        state=state,
        author_id=author_id,
        approved_at=approved_at,
        created_at=at,
    )


def _kept(session: Session, row: Template, deed: str, who: Viewer, at: datetime) -> Template:
    session.add(row)
    session.flush()
    _log(session, row, deed, who, at)
    return row


def _log(session: Session, row: Template, deed: str, who: Viewer, at: datetime, **more: Any) -> None:
    which = {"portfolio_id": row.portfolio_id, "code": row.code, "channel": row.channel.value}
    details = {**which, "language": row.language, "version": row.version, "text": digest(row), **more}
    audit.log(session, deed, "template", row.id, by=who.user_id, at=at, **details)


_NEEDED = text("""
    SELECT EXISTS (SELECT FROM strategy WHERE portfolio_id = :portfolio AND state = 'published'
        AND position(:code IN definition::text) > 0)
""")
# not the portfolio's row, which a night may hold
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('templates'), CAST(:portfolio AS int))")
_WROTE = text("""
    SELECT 1 FROM template WHERE id = :template AND author_id = :who
    UNION ALL
    SELECT 1 FROM audit_entry WHERE subject = 'template' AND subject_id = :template AND by_id = :who
      AND deed IN ('draft_template', 'edit_template')
""")
