"""The account statement on the page: whose it is, its lines with the balance after each, and how they lead to what is owed."""

from html import escape

from workbench.queries.statements import AccountStatement
from workbench.rules.statements import TAKEN_BACK, Line
from workbench.ui.i18n import _, money
from workbench.ui.statement_words import COLUMNS, Teller

FIRST_FIGURE = 4


def markup_of(said: AccountStatement, language: str) -> str:
    """The whole statement as one piece of markup; what a file called a name or a reference is escaped."""
    tell = Teller(said, language)
    sums = said.sums
    opening = [tell.day(sums.from_on), _("Opening balance"), "", "", "", "", money(sums.opening, said.currency)]
    added = [money(each, said.currency) for each in (sums.charged, sums.credited, sums.closing)]
    closing = [tell.day(sums.to_on), _("Closing balance"), "", "", *added]
    rows = [_row(opening, "cw-muted"), *(_line(line, tell) for line in sums.lines), _row(closing, "cw-total")]
    head = "".join(f'<th class="{_figure(n)}">{tell(each)}</th>' for n, each in enumerate(COLUMNS))
    table = f'<table class="cw-table cw-statement"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<div class="cw-card">{table}</div>{_sums(tell)}'


def _line(line: Line, tell: Teller) -> str:
    moved = [money(each, tell.said.currency) if each else "" for each in (line.charge, line.credit)]
    cells = [tell.day(line.on), tell.what(line.what), escape(line.reference), escape(line.account)]
    return _row([*cells, *moved, money(line.balance, tell.said.currency)], "cw-bad" if line.what in TAKEN_BACK else "")


def _row(cells: list[str], look: str) -> str:
    return (
        f'<tr class="{look}">'
        + "".join(f'<td class="{_figure(n)}">{cell}</td>' for n, cell in enumerate(cells))
        + "</tr>"
    )


def _figure(column: int) -> str:
    return "cw-num" if column >= FIRST_FIGURE else ""


def _sums(tell: Teller) -> str:
    lines = "".join(
        f'<tr><td>{escape(label)}</td><td class="cw-num">{money(amount, tell.said.currency)}</td></tr>'
        for label, amount in tell.sums()
    )
    return f'<table class="cw-table cw-sums"><tbody>{lines}</tbody></table>'
