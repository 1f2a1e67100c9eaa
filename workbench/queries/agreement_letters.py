"""What the letter of an agreement says and in which language, and the letters that are kept."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer
from workbench.rules.agreement_letters import Owed, Signed, letter_language
from workbench.rules.letter_values import Debt
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class LetterOf:
    """An agreement with whose it is; `wanted` is the debtor's language where the letter is in another."""

    portfolio_id: int
    case_id: int
    signed: Signed
    language: str
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that was written, and what became of sending it (none = it was not)."""

    document_id: int
    agreement_id: int
    name: str
    language: str
    created_at: datetime
    channel: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to hand over."""

    name: str
    media_type: str
    content: bytes


def letter_of(session: Session, agreement_id: int) -> LetterOf:
    """What an agreement's letter says, whoever asks: for the deeds that write it."""
    row = session.execute(_LETTER, {"id": agreement_id}).one()
    language = letter_language(row.debtor_language, row.portfolio_language)
    spoken = letter_language(row.debtor_language, language) if row.debtor_language else language
    missing = row.debtor_language if row.debtor_language and _code(row.debtor_language) != spoken else None
    signed = Signed(
        id=agreement_id,
        creditor=row.creditor,
        debtor=row.debtor,
        reference=row.reference,
        accounts=tuple(_ending(each) for each in row.accounts),
        currency=row.currency,
        country=row.country,
        signed_on=row.signed_on,
        owed=(
            Owed("principal", row.principal, row.discount_principal),
            Owed("interest", row.interest, row.discount_interest),
            Owed("fees", row.fees, row.discount_fees),
        ),
        payments=tuple((number, date.fromisoformat(due), Decimal(amount)) for number, due, amount in row.payments),
        grace_days=row.grace_days,
        missed_limit=row.missed_limit,
        contact_phone=row.contact_phone,
    )
    return LetterOf(row.portfolio_id, row.case_id, signed, language, missing)


def letters_kept(session: Session, who: Viewer, case_id: int) -> list[Kept]:
    """The letters of a case's agreements, the last first; refused outside the viewer's portfolios."""
    who.require(Permission.SEE_PERSONAL_DATA)
    rows = session.execute(_KEPT, {"case": case_id, "visible": list(who.portfolio_ids)}).mappings()
    return [Kept(**row) for row in rows]


def letter_file(session: Session, who: Viewer, document_id: int) -> Download:
    """A letter's PDF; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.SEE_PERSONAL_DATA)
    row = session.execute(_FILE, {"id": document_id, "visible": list(who.portfolio_ids)}).one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    return Download(row.name, row.media_type, bytes(row.content))


def _code(language: str) -> str:
    return language.strip().lower().replace("_", "-").partition("-")[0]


def _ending(account: str) -> str:
    return Debt(account, None, date.min, 0, Decimal(0)).ending


_LETTER = text("""
    SELECT g.portfolio_id, g.case_id, g.signed_on, g.principal, g.interest, g.fees, g.discount_principal,
        g.discount_interest, g.discount_fees, g.grace_days, g.missed_limit, r.name AS creditor, d.name AS debtor,
        d.reference, d.language AS debtor_language, p.language AS portfolio_language, p.currency, p.country,
        p.contact_phone,
        ARRAY(SELECT a.number FROM account a WHERE a.case_id = g.case_id AND a.id = coalesce(g.account_id, a.id)
            AND (g.account_id IS NOT NULL OR EXISTS (SELECT FROM receivable v WHERE v.account_id = a.id AND v.balance > 0))
            ORDER BY a.number) AS accounts,
        (SELECT json_agg(json_build_array(i.number, i.due_on, i.amount::text) ORDER BY i.number)
         FROM installment i WHERE i.agreement_id = g.id) AS payments
    FROM agreement g JOIN portfolio p ON p.id = g.portfolio_id JOIN collection_case c ON c.id = g.case_id
    JOIN debtor d ON d.id = c.debtor_id JOIN creditor r ON r.id = p.creditor_id
    WHERE g.id = :id
""")
_KEPT = text("""
    SELECT f.id AS document_id, f.agreement_id, f.name, f.language, f.created_at, m.channel, m.state
    FROM document f LEFT JOIN LATERAL (
        SELECT channel, state FROM message WHERE document_id = f.id ORDER BY id DESC LIMIT 1) m ON true
    WHERE f.case_id = :case AND f.kind = 'agreement_letter' AND f.portfolio_id = ANY(:visible) ORDER BY f.id DESC
""")
_FILE = text("""
    SELECT name, media_type, content FROM document
    WHERE id = :id AND kind = 'agreement_letter' AND portfolio_id = ANY(:visible)
""")
