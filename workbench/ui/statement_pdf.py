"""The account statement on paper: A4 upright, figures aligned, the head of the table on every page."""

from datetime import datetime
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Spacer, Table

from workbench.channels.pdf_parts import FAINT, GREY, MARGIN, numbered, paragraph, style
from workbench.queries.statements import AccountStatement
from workbench.rules.words import N_
from workbench.ui.statement_words import COLUMNS, Teller

SHARES = (13, 22, 17, 15, 17, 17, 19)  # of the page's width, by column
FIRST_FIGURE = 4
_TITLE, _PLAIN, _SMALL = style(16, spaceAfter=3 * mm), style(8.5), style(7.3, textColor=GREY)
_RIGHT, _SMALL_RIGHT = style(8.5, alignment=2), style(7.3, textColor=GREY, alignment=2)
_TIGHT = [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]


def statement_pdf(said: AccountStatement, language: str, *, at: datetime, compressed: bool = True) -> bytes:
    """The PDF in one language, the same bytes for the same statement and moment."""
    tell, file = Teller(said, language), BytesIO()
    title = tell(N_("Account statement"))
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=title,
        author=said.creditor,
        lang=language,
        pageCompression=int(compressed),
        invariant=1,
    )
    whole = Frame(MARGIN, MARGIN + 6 * mm, document.width, document.height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[whole]))
    foot = " · ".join([title, said.reference, tell.made(at)])
    flow = [*_head(tell, title, document.width), _lines(tell, document.width), Spacer(1, 4 * mm), *_sums(tell)]
    document.build(flow, canvasmaker=numbered(foot, tell(N_("Page {n} of {m}")), A4[0]))
    return file.getvalue()


def _head(tell: Teller, title: str, width: float) -> list[Any]:
    rows = [[paragraph(label, _SMALL), paragraph(value, _PLAIN)] for label, value in tell.heads()]
    heads = Table(
        rows, colWidths=[38 * mm, width - 38 * mm], hAlign="LEFT", style=[("LEFTPADDING", (0, 0), (0, -1), 0), *_TIGHT]
    )
    return [paragraph(title, _TITLE, bold=True), heads, Spacer(1, 4 * mm)]


def _lines(tell: Teller, width: float) -> Table:
    """Every movement, framed by the balances before and after; amounts in the currency that the head of the sums names."""
    sums = tell.said.sums
    rows = [_row([tell(each) for each in COLUMNS], small=True)]
    rows.append(_row([tell.day(sums.from_on), tell(N_("Opening balance")), "", "", "", "", tell.money(sums.opening)]))
    for line in sums.lines:
        moved = [tell.money(each) if each else "" for each in (line.charge, line.credit)]
        cells = [
            tell.day(line.on),
            tell.what(line.what),
            line.reference,
            line.account,
            *moved,
            tell.money(line.balance),
        ]
        rows.append(_row(cells))
    added = [tell.money(each) for each in (sums.charged, sums.credited, sums.closing)]
    rows.append(_row([tell.day(sums.to_on), tell(N_("Closing balance")), "", "", *added], bold=True))
    drawn = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY),
        ("LINEBELOW", (0, 1), (-1, -2), 0.3, FAINT),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, GREY),
        *_TIGHT,
    ]
    return Table(rows, colWidths=[width * share / sum(SHARES) for share in SHARES], repeatRows=1, style=drawn)


def _row(cells: list[str], *, small: bool = False, bold: bool = False) -> list[Any]:
    looks = [
        (_SMALL_RIGHT if small else _RIGHT) if n >= FIRST_FIGURE else (_SMALL if small else _PLAIN)
        for n in range(len(cells))
    ]
    return [paragraph(cell, look, bold=bold) for cell, look in zip(cells, looks, strict=True)]


def _sums(tell: Teller) -> list[Any]:
    """From the last balance to what is owed now."""
    rows = [[paragraph(label, _PLAIN), paragraph(tell.money(amount), _RIGHT)] for label, amount in tell.sums()]
    return [
        Table(
            rows, colWidths=[90 * mm, 40 * mm], hAlign="RIGHT", style=[("RIGHTPADDING", (-1, 0), (-1, -1), 0), *_TIGHT]
        )
    ]
