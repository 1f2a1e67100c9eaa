"""A letter as a PDF: one column of words and tables, A4 upright, pages numbered “n of m”."""

from io import BytesIO
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, KeepTogether, PageTemplate, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from workbench.channels.pdf_parts import FAINT, GREY, numbered, paragraph
from workbench.rules.agreement_letters import AgreementLetter, Table

MEDIA_TYPE = "application/pdf"
_MARGIN = 24 * mm
_INK = colors.HexColor("#1d2523")


def letter_pdf(letter: AgreementLetter, *, compressed: bool = True) -> bytes:
    """The PDF, the same bytes for the same words."""
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        title=letter.title,
        author=letter.sender,
        subject=letter.opening,
        lang=letter.language,
        pageCompression=int(compressed),
        invariant=1,
    )
    width, height = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN
    document.addPageTemplates(PageTemplate(frames=[Frame(_MARGIN, _MARGIN, width, height, 0, 0, 0, 0)]))
    document.build(_flow(letter, width), canvasmaker=numbered(letter.title, letter.page, A4[0]))
    return file.getvalue()


def _flow(letter: AgreementLetter, width: float) -> list[Any]:
    head = [
        _text(letter.sender, _SENDER),
        _text(letter.dated, _SMALL),
        Spacer(1, 9 * mm),
        *(_text(each, _PLAIN) for each in letter.to),
        Spacer(1, 9 * mm),
        _text(letter.title, _TITLE),
        _text(letter.opening, _PLAIN),
        Spacer(1, 4 * mm),
    ]
    tables = [piece for each in letter.tables for piece in (*_table(each, width), Spacer(1, 5 * mm))]
    terms = [_text(each, _TERM) for each in letter.terms]
    end = [Spacer(1, 7 * mm), _text(letter.closing, _PLAIN), Spacer(1, 2 * mm), _text(letter.sender, _PLAIN)]
    return [*head, *tables, *terms, KeepTogether(end)]


def _table(table: Table, width: float) -> list[Any]:
    shares = [2.2, *[1.6] * (len(table.columns) - 1)]
    widths = [width * share / sum(shares) for share in shares]

    def line(cells: tuple[str, ...], style: ParagraphStyle, right: ParagraphStyle) -> list[Any]:
        return [_text(cell, right if place else style) for place, cell in enumerate(cells)]

    *rows, total = table.rows
    body = [line(table.columns, _SMALL, _SMALL_RIGHT), *(line(row, _PLAIN, _RIGHT) for row in rows)]
    style = [
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY),
        ("LINEBELOW", (0, 1), (-1, -2), 0.3, FAINT),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, GREY),
    ]
    grid = Grid([*body, line(total, _BOLD, _BOLD_RIGHT)], colWidths=widths, repeatRows=1, style=style)
    return [_text(table.title, _SECTION), grid]


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return paragraph(text, style, bold=style.name == "bold")


def _style(size: float, name: str = "plain", **more: Any) -> ParagraphStyle:
    given = {"textColor": _INK} | more
    return ParagraphStyle(name, fontName="Helvetica", fontSize=size, leading=size * 1.38, splitLongWords=1, **given)


_RIGHTWARDS = 2  # reportlab's TA_RIGHT
_SENDER, _TITLE = _style(12, "bold"), _style(15, "bold", spaceAfter=3 * mm)
_PLAIN, _RIGHT = _style(10), _style(10, alignment=_RIGHTWARDS)
_BOLD, _BOLD_RIGHT = _style(10, "bold"), _style(10, "bold", alignment=_RIGHTWARDS)
_SMALL, _SMALL_RIGHT = _style(8.5, textColor=GREY), _style(8.5, textColor=GREY, alignment=_RIGHTWARDS)
_SECTION, _TERM = _style(11, "bold", spaceAfter=1 * mm), _style(9.5, spaceAfter=1.2 * mm)
