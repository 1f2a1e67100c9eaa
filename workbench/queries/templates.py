"""The texts debtors receive: which one leaves, and all versions as a list shows them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Channel, Portfolio, Template, TemplateState
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Listed:
    """One version in a list; `shipped` = of the product, for every portfolio; `used` = it is what leaves now."""

    id: int
    code: str
    channel: Channel
    language: str
    version: int
    state: TemplateState
    shipped: bool
    used: bool
    author: str | None
    approver: str | None
    approved_at: datetime | None
    created_at: datetime


def approved(session: Session, portfolio_id: int, code: str, channel: Channel, language: str) -> Template | None:
    """The text that leaves: the portfolio's own approved one before the shipped one."""
    own_first = (
        select(Template)
        .where(
            Template.code == code,
            Template.channel == channel,
            Template.language == language,
            Template.state == TemplateState.APPROVED,
            (col(Template.portfolio_id) == portfolio_id) | col(Template.portfolio_id).is_(None),
        )
        .order_by(col(Template.portfolio_id).nulls_last(), col(Template.version).desc())
        .limit(1)
    )
    return session.scalars(own_first).first()


def chosen_template(
    session: Session, portfolio: Portfolio, code: str, channel: Channel, language: str | None
) -> tuple[Template, bool] | None:
    """The text in the debtor's language, or in the portfolio's and whether that is another; none = there is neither.

    A debtor whose language is not known is written to in the portfolio's: that is no falling back.
    """
    assert portfolio.id is not None
    wanted = spoken(language) or spoken(portfolio.language)
    for each in dict.fromkeys((wanted, spoken(portfolio.language))):
        if found := approved(session, portfolio.id, code, channel, each):
            return found, each != wanted
    return None


def spoken(language: str | None) -> str:
    """A language as templates name it: "es-MX" and "ES" are es."""
    return (language or "").strip().lower().replace("_", "-").partition("-")[0]


def listed(session: Session, who: Viewer, portfolio_id: int) -> list[Listed]:
    """Every version a portfolio may use, own and shipped, by code, channel and language, the newest first."""
    who.require(Permission.APPROVE_TEMPLATES)
    who.require_portfolio(portfolio_id)
    rows = session.execute(_LISTED, {"portfolio": portfolio_id}).mappings()
    return [
        Listed(**dict(row) | {"channel": Channel(row["channel"]), "state": TemplateState(row["state"])}) for row in rows
    ]


def one_template(session: Session, who: Viewer, template_id: int) -> Template:
    """One version; an own one of a portfolio the viewer may not see is refused as if it did not exist."""
    who.require(Permission.APPROVE_TEMPLATES)
    found = session.get(Template, template_id)
    if found is None or (found.portfolio_id is not None and found.portfolio_id not in who.portfolio_ids):
        raise Refused("There is nothing here that you may see.")
    return found


_LISTED = text("""
    SELECT t.id, t.code, t.channel, t.language, t.version, t.state, t.portfolio_id IS NULL AS shipped,
        t.state = 'approved' AND NOT EXISTS (
            SELECT FROM template own WHERE own.portfolio_id = :portfolio AND t.portfolio_id IS NULL
                AND (own.code, own.channel, own.language, own.state) = (t.code, t.channel, t.language, 'approved')
        ) AS used,
        author.name AS author, approver.name AS approver, t.approved_at, t.created_at
    FROM template t
    LEFT JOIN app_user author ON author.id = t.author_id
    LEFT JOIN app_user approver ON approver.id = t.approved_by
    WHERE t.portfolio_id = :portfolio OR t.portfolio_id IS NULL
    ORDER BY t.code, t.channel, t.language, t.portfolio_id IS NULL, t.version DESC
""")
