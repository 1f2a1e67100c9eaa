"""A letter as a PDF: one column of words and tables, A4 upright, pages numbered “n of m”."""

from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, KeepTogether, PageTemplate, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from workbench.rules.agreement_letters import AgreementLetter, Table

MEDIA_TYPE = "application/pdf"
_MARGIN = 24 * mm
_INK, _GREY, _FAINT = colors.HexColor("#1d2523"), colors.HexColor("#5c6664"), colors.HexColor("#d5dbd9")
_FONTS = Path(reportlab.__file__).parent / "fonts"


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
    document.build(_flow(letter, width), canvasmaker=_numbered(letter))
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
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, _GREY),
        ("LINEBELOW", (0, 1), (-1, -2), 0.3, _FAINT),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, _GREY),
    ]
    grid = Grid([*body, line(total, _BOLD, _BOLD_RIGHT)], colWidths=widths, repeatRows=1, style=style)
    return [_text(table.title, _SECTION), grid]


def _numbered(letter: AgreementLetter) -> type[Canvas]:
    """A canvas that keeps its pages until it knows how many they are."""

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                text = f"{letter.title} · {letter.page.format(n=number, m=len(self._pages))}"
                self.setFillColor(_GREY)
                self.setFont(_font(text), 7.5)
                self.drawRightString(A4[0] - _MARGIN, 13 * mm, text)
                super().showPage()
            super().save()

    return Numbered


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph in a font that has its letters; what a file called a name is no markup."""
    return Paragraph(f'<font name="{_font(text, bold=style.name == "bold")}">{escape(text)}</font>', style)


def _font(text: str, *, bold: bool = False) -> str:
    """Helvetica knows the letters of western Europe; the rest are written with an embedded font."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        if "Vera" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont("Vera", str(_FONTS / "Vera.ttf")))
        return "Vera"
    return "Helvetica-Bold" if bold else "Helvetica"


def _style(size: float, name: str = "plain", **more: Any) -> ParagraphStyle:
    given = {"textColor": _INK} | more
    return ParagraphStyle(name, fontName="Helvetica", fontSize=size, leading=size * 1.38, splitLongWords=1, **given)


_RIGHTWARDS = 2  # reportlab's TA_RIGHT
_SENDER, _TITLE = _style(12, "bold"), _style(15, "bold", spaceAfter=3 * mm)
_PLAIN, _RIGHT = _style(10), _style(10, alignment=_RIGHTWARDS)
_BOLD, _BOLD_RIGHT = _style(10, "bold"), _style(10, "bold", alignment=_RIGHTWARDS)
_SMALL, _SMALL_RIGHT = _style(8.5, textColor=_GREY), _style(8.5, textColor=_GREY, alignment=_RIGHTWARDS)
_SECTION, _TERM = _style(11, "bold", spaceAfter=1 * mm), _style(9.5, spaceAfter=1.2 * mm)
