"""`workbench agreement`: what may be offered to a debtor, and what is signed, withdrawn and paid of it."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table
from sqlmodel import Session

from models import AgreementState, Frequency, OfferKind
from workbench import clock, db, settings
from workbench.actions.agreements import TERMS, sign_agreement, withdraw_agreement
from workbench.queries.agreements import Plan, agreements_of
from workbench.queries.offers import debt_of, offers_for
from workbench.queries.payment_lookups import account_of, case_of
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.offers import Offer, Terms
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Agreements: quote, sign, withdraw, show.")
Debtor = Annotated[str, typer.Option(help="The creditor's reference of the debtor.")]
Code = Annotated[str, typer.Option(help="Code of the portfolio.")]
Account = Annotated[str | None, typer.Option(help="Number of one account; the whole debt if left out.")]
By = Annotated[str, typer.Option("--as", help="E-mail of who negotiates: their authority counts.")]
KINDS = {
    OfferKind.SETTLEMENT: N_("Settlement"),
    OfferKind.SHORT_PLAN: N_("Short plan"),
    OfferKind.LONG_PLAN: N_("Long plan"),
    OfferKind.RESCHEDULE: N_("Reschedule"),
}
STATES = {
    AgreementState.ACTIVE: N_("Active"),
    AgreementState.COMPLETED: N_("Completed"),
    AgreementState.BROKEN: N_("Broken"),
    AgreementState.WITHDRAWN: N_("Withdrawn"),
    AgreementState.REPLACED: N_("Replaced"),
}


@app.command("quote")
def quote(*, portfolio: Code, debtor: Debtor, email: By, account: Account = None, as_json: Json = False) -> None:
    """Show what is owed today by component and up to four offers, by the money they are expected to bring.

    Example: `workbench agreement quote --portfolio MX-CARDS --debtor D1001 --as ana@example.org`
    """
    at = clock.now()
    with connected(settings.load()), db.reading() as session:
        who, case_id, account_id = _place(session, email, portfolio, debtor, account)
        debt = debt_of(session, who, case_id, account_id=account_id, at=at)
        found = offers_for(session, who, case_id, account_id=account_id, at=at)
    if as_json:
        answer({"debt": asdict(debt) | {"total": debt.total}, "offers": [_offered(each) for each in found]})
        return
    say(_("Owed: {total} {currency} = principal {principal} + interest {interest} + fees {fees}.", total=debt.total,
          currency=debt.currency, principal=debt.principal, interest=debt.interest, fees=debt.fees))  # fmt: skip
    table = Table(_("Offer"), _("Discount"), _("Total"), _("Payments"), _("Expected money"), _("Until"), box=None)
    for each in found:
        payments = "; ".join(f"{part.due_on} {part.amount:,.2f}" for part in each.parts)
        figures = (each.terms.discount, each.total)
        amounts = [f"{figure:,.2f}" for figure in figures]
        table.add_row(_(KINDS[each.kind]), *amounts, payments, f"{each.expected:,.2f}", str(each.stands_until))
    console.print(table)


@app.command("sign")
def sign(
    kind: Annotated[OfferKind, typer.Argument(help="settlement, short_plan, long_plan or reschedule.")],
    *,
    portfolio: Code,
    debtor: Debtor,
    email: By,
    first: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When the first installment falls due.")],
    installments: Annotated[int, typer.Option(min=1, help="How many, without the down payment.")] = 1,
    frequency: Annotated[Frequency, typer.Option(help="weekly, fortnightly or monthly.")] = Frequency.MONTHLY,
    down: Annotated[str, typer.Option(help="Paid when it is signed, in figures with a point.")] = "0",
    off_principal: Annotated[str, typer.Option(help="How much principal is forgiven.")] = "0",
    off_interest: Annotated[str, typer.Option(help="How much interest is forgiven.")] = "0",
    off_fees: Annotated[str, typer.Option(help="How much of the fees is forgiven.")] = "0",
    account: Account = None,
    replacing: Annotated[
        int | None, typer.Option(help="Number of the active agreement that this one replaces.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign an agreement on what is owed today, inside the limits of who signs.

    Example: `workbench agreement sign short_plan --portfolio MX-CARDS --debtor D1001 --as ana@example.org
    --first 2026-12-15 --installments 3`
    """
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who, case_id, account_id = _place(session, email, portfolio, debtor, account)
        terms = Terms(
            kind=kind,
            first_due_on=first.date(),
            installments=installments,
            frequency=frequency,
            down=_amount(down),
            discount_principal=_amount(off_principal),
            discount_interest=_amount(off_interest),
            discount_fees=_amount(off_fees),
            account_id=account_id,
        )
        made = sign_agreement(session, who, case_id, terms, key=uuid4(), at=at, replacing=replacing)
        plan = next(each for each in agreements_of(session, who, case_id) if each.id == made.id)
    if as_json:
        answer(_shown(plan))
    else:
        say(_("Agreement {id} is signed: {total} {currency} until {last}.", id=plan.id, total=plan.total,
              currency=plan.currency, last=plan.parts[-1].due_on))  # fmt: skip


@app.command("withdraw")
def withdraw(
    number: Annotated[int, typer.Argument(help="The agreement's number, as `workbench agreement show` shows it.")],
    *,
    email: By,
    because: Annotated[str, typer.Option(help="Why it ends.")],
) -> None:
    """End an active agreement: what it forgave is owed again, what it charged stays.

    Example: `workbench agreement withdraw 12 --as ana@example.org --because "earns less"`
    """
    with connected(settings.load()), db.transaction() as session:
        who = viewer(session, user_by_email(session, email))
        withdraw_agreement(session, who, number, reason=because, at=clock.now())
    say(_("Agreement {id} is withdrawn; its discount is owed again.", id=number))


@app.command("show")
def show(*, portfolio: Code, debtor: Debtor, email: By, as_json: Json = False) -> None:
    """Show a debtor's agreements, the newest first, with what is paid of each installment."""
    with connected(settings.load()), db.reading() as session:
        who, case_id, _account = _place(session, email, portfolio, debtor, None)
        found = agreements_of(session, who, case_id)
    if as_json:
        answer([_shown(each) for each in found])
        return
    table = Table("#", _("Offer"), _("State"), _("Due on"), _("Amount"), _("Paid"), _("Paid on"), box=None)
    for plan in found:
        for part in plan.parts:
            figures = (f"{part.amount:,.2f}", f"{part.paid:,.2f}", str(part.paid_on or ""))
            table.add_row(str(plan.id), _(KINDS[plan.kind]), _(STATES[plan.state]), str(part.due_on), *figures)
    console.print(table)


def _place(
    session: Session, email: str, portfolio: str, debtor: str, account: str | None
) -> tuple[Viewer, int, int | None]:
    """Who negotiates, about which case, and which account of it."""
    who = viewer(session, user_by_email(session, email))
    book = portfolio_by_code(session, portfolio, who=who)
    case_id = case_of(session, book.id or 0, debtor)
    return who, case_id, account_of(session, case_id, account) if account else None


def _amount(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused("“{written}” is no amount: write it as 1250.00.", written=written) from None


def _offered(offer: Offer) -> dict[str, Any]:
    """An offer as scripts read it."""
    return {
        "terms": TERMS.dump_python(offer.terms, mode="json"),
        "total": offer.total,
        "expected": offer.expected,
        "parts": [asdict(part) | {"chance": chance} for part, chance in zip(offer.parts, offer.chances, strict=True)],
        "stands_until": offer.stands_until,
        "movable": [asdict(each) for each in offer.movable],
    }


def _shown(plan: Plan) -> dict[str, Any]:
    return asdict(plan) | {"left": plan.left}
