"""`workbench payment` and `workbench statement`: money in, money taken back, and a debtor's movements."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from models import Payment, PaymentKind, Portfolio, Reversal
from workbench import clock, db, settings
from workbench.actions.payments import PaymentTerms, enter_payment, record_payment, reverse_payment, take_back
from workbench.queries.payment_lookups import account_of, case_of, payment_of
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.statements import AccountStatement, account_statement
from workbench.queries.users import user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.payments import check_take_back, check_terms
from workbench.rules.refusals import Refused
from workbench.rules.statements import WORDS, Line
from workbench.terminal import Json, _, answer, connected, console, say
from workbench.ui.statement_pdf import statement_pdf
from workbench.ui.statement_words import COLUMNS, statement_csv

app = typer.Typer(no_args_is_help=True, help="Payments: enter one, take one back.")
Debtor = Annotated[str, typer.Option(help="The creditor's reference of the debtor.")]
Code = Annotated[str, typer.Option(help="Code of the portfolio.")]
As = Annotated[str | None, typer.Option("--as", help="E-mail of the user who does it; the operator if left out.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Today if left out.")]


@app.command("record")
def record(
    amount: Annotated[str, typer.Argument(help="In figures with a point: 1250.00.")],
    *,
    portfolio: Code,
    debtor: Debtor,
    reference: Annotated[str, typer.Option(help="The payment's own number: the same one is never saved twice.")],
    currency: Annotated[str | None, typer.Option(help="Refused unless it is the portfolio's.")] = None,
    on: Day = None,
    kind: Annotated[PaymentKind, typer.Option(help="payment, credit_note or write_off.")] = PaymentKind.PAYMENT,
    account: Annotated[str | None, typer.Option(help="Number of the account it pays first.")] = None,
    receivable: Annotated[str | None, typer.Option(help="Number of the receivable it pays first.")] = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Enter a payment: it pays what it names, then the oldest debts; what nothing can take stays as credit.

    Example: `workbench payment record 1250.00 --portfolio MX-CARDS --debtor D1001 --reference SPEI-4711`
    """
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        book = portfolio_by_code(session, portfolio, who=who)
        case_id = case_of(session, book.id or 0, debtor)
        terms = PaymentTerms(
            amount=_amount(amount),
            paid_on=on.date() if on else _today(book, at),
            reference=reference,
            kind=kind,
            account_id=account_of(session, case_id, account) if account else None,
            receivable_number=receivable,
            currency=currency,
        )
        paid = enter_payment(session, who, case_id, terms, at=at) if who else _enter(session, book, case_id, terms, at)
        told = _told(paid)
    if as_json:
        answer(told)
    else:
        say(_("Payment {id}: {allocated} of {amount} {currency} paid debts, {credit} stays as credit.",
              currency=book.currency, **{name: told[name] for name in ("id", "allocated", "amount", "credit")}))  # fmt: skip


@app.command("reverse")
def reverse(
    reference: Annotated[str, typer.Argument(help="The payment's own number.")],
    *,
    portfolio: Code,
    because: Annotated[str, typer.Option(help="Why it is taken back.")],
    kind: Annotated[Reversal, typer.Option(help="reversal or charge_back.")] = Reversal.REVERSAL,
    on: Day = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Take a payment back: what it had paid is owed again, promises and agreements are judged anew.

    Example: `workbench payment reverse SPEI-4711 --portfolio MX-CARDS --because "returned by the bank"`
    """
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        book = portfolio_by_code(session, portfolio, who=who)
        payment = payment_of(session, book.id or 0, reference)
        day = on.date() if on else _today(book, at)
        assert payment.id is not None
        if who:
            done = take_back(session, who, payment.id, on=day, kind=kind, because=because, at=at)
        else:
            check_take_back(payment.kind, kind, because)
            done = reverse_payment(session, payment.id, on=day, kind=kind, because=because, by=None, at=at)
        told = _told(done)
    if as_json:
        answer(told)
    else:
        say(_("Payment {id} was taken back: {amount} {currency} is owed again.", id=told["id"], amount=told["amount"],
              currency=book.currency))  # fmt: skip


def show_statement(
    debtor: Annotated[str, typer.Argument(help="The creditor's reference of the debtor.")],
    *,
    portfolio: Code,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="From the first movement if left out.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="To today if left out.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write it to this file.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write it to this file.")] = None,
    language: Annotated[str | None, typer.Option(help="es or en; of the files the debtor's own if left out.")] = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Show a debtor's account statement: every movement with the balance after it; or write it as CSV or PDF.

    Example: `workbench statement D1001 --portfolio MX-CARDS --pdf statement.pdf`
    """
    at = clock.now()
    with connected(settings.load()), db.reading() as session:
        who = _who(session, email)
        case_id = case_of(session, portfolio_by_code(session, portfolio, who=who).id or 0, debtor)
        days = {"from_on": first.date() if first else None, "to_on": last.date() if last else None}
        said = account_statement(session, who, case_id, **days, at=at)
    if csv:
        csv.write_bytes(statement_csv(said, language or said.language))
    if pdf:
        pdf.write_bytes(statement_pdf(said, language or said.language, at=at))
    if as_json:
        answer(_facts(said))
    elif not (csv or pdf):
        _print(said)


def _print(said: AccountStatement) -> None:
    say(f"{said.debtor} · {said.reference} · {said.creditor} ({said.currency})")
    table = Table(*(_(each) for each in COLUMNS), box=None)
    for column in table.columns[4:]:
        column.justify = "right"
    sums = said.sums
    table.add_row(str(sums.from_on), _("Opening balance"), "", "", "", "", f"{sums.opening:,.2f}")
    for line in sums.lines:
        table.add_row(*(Text(cell) for cell in _cells(line)))
    added = (f"{each:,.2f}" for each in (sums.charged, sums.credited, sums.closing))
    table.add_row(str(sums.to_on), _("Closing balance"), "", "", *added)
    console.print(table)


def _cells(line: Line) -> tuple[str, ...]:
    moved = (f"{each:,.2f}" if each else "" for each in (line.charge, line.credit))
    return (str(line.on), _(WORDS[line.what]), line.reference, line.account, *moved, f"{line.balance:,.2f}")


def _facts(said: AccountStatement) -> dict[str, Any]:
    facts: dict[str, Any] = asdict(said)
    sums: dict[str, Any] = facts.pop("sums")
    return facts | sums


def _told(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "case_id": payment.case_id,
        "reference": payment.reference,
        "kind": payment.kind.value,
        "amount": payment.amount,
        "allocated": payment.allocated,
        "credit": Decimal(0) if payment.reversed_on else payment.amount - payment.allocated,
        "paid_on": payment.paid_on,
        "reversed_on": payment.reversed_on,
    }


def _enter(session: Session, book: Portfolio, case_id: int, terms: PaymentTerms, at: datetime) -> Payment:
    """The operator's own payment: all that is checked for a person but the role."""
    check_terms(terms, currency=book.currency)
    return record_payment(
        session,
        case_id=case_id,
        amount=terms.amount,
        paid_on=terms.paid_on,
        reference=terms.reference.strip(),
        kind=terms.kind,
        account_id=terms.account_id,
        receivable_number=terms.receivable_number,
        by=None,
        at=at,
    )


def _who(session: Session, email: str | None) -> Viewer | None:
    return viewer(session, user_by_email(session, email)) if email else None


def _today(book: Portfolio, at: datetime) -> date:
    return at.astimezone(ZoneInfo(book.time_zone)).date()


def _amount(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused("“{written}” is no amount: write it as 1250.00.", written=written) from None
