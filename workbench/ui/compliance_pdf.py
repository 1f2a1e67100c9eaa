"""A paper to hand to an authority: a head, lists, one long table that breaks well, pages numbered “n of m”."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

MARGIN = 14 * mm
# In points; the table's columns share the page's width in these parts.
SHARES = (13, 15, 30, 32, 10)
GREY, FAINT = colors.HexColor("#5c6664"), colors.HexColor("#d5dbd9")
_FONTS = Path(reportlab.__file__).parent / "fonts"


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed, in the reader's words: `heads` are labels with values, a cell is lines of which the first stands out."""

    title: str
    heads: tuple[tuple[str, str], ...]
    made: str
    foot: str  # whose it is, on every page
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    empty: str
    page: str  # “Page {n} of {m}”


def paper(said: Paper, *, compressed: bool = True) -> bytes:
    """The PDF (A4, landscape), the same bytes for the same words."""
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=said.title,
        author=said.heads[0][1] if said.heads else "",
        pageCompression=int(compressed),
        invariant=1,
    )
    whole = Frame(MARGIN, MARGIN + 6 * mm, document.width, document.height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[whole]))
    document.build([*_head(said), *_sections(said), _table(said, document.width)], canvasmaker=_numbered(said))
    return file.getvalue()


def _head(said: Paper) -> list[Any]:
    lines = [[_text(label, _SMALL), _text(value, _PLAIN)] for label, value in said.heads]
    heads = Table(
        lines, colWidths=[42 * mm, None], hAlign="LEFT", style=[("LEFTPADDING", (0, 0), (-1, -1), 0), *_TIGHT]
    )
    return [_text(said.title, _TITLE), heads, Spacer(1, 2 * mm), _text(said.made, _SMALL), Spacer(1, 3 * mm)]


def _sections(said: Paper) -> list[Any]:
    flow: list[Any] = []
    for title, lines in said.sections:
        flow += [_text(title, _SECTION), *(_text(f"• {each}", _PLAIN) for each in lines), Spacer(1, 2 * mm)]
    return [*flow, *(_text(each, _SMALL) for each in said.notes), Spacer(1, 3 * mm)]


def _table(said: Paper, width: float) -> Any:
    if not said.rows:
        return _text(said.empty, _PLAIN)
    head = [_text(each, _SMALL) for each in said.columns]
    body = [
        [[_text(text, _PLAIN if n == 0 else _SMALL) for n, text in enumerate(cell)] for cell in row]
        for row in said.rows
    ]
    widths = [width * share / sum(SHARES) for share in SHARES]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, FAINT),
        *_TIGHT,
    ]
    # a note of pages must not fail for want of a page that holds it whole
    return Table([head, *body], colWidths=widths, repeatRows=1, splitInRow=1, style=style)


def _numbered(said: Paper) -> type[Canvas]:
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
                _foot(self, said, said.page.format(n=number, m=len(self._pages)))
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Canvas, said: Paper, page: str) -> None:
    canvas.setFillColor(GREY)
    for text, draw, x in (
        (f"{said.title} · {said.foot} · {said.made}", canvas.drawString, MARGIN),
        (page, canvas.drawRightString, landscape(A4)[0] - MARGIN),
    ):
        canvas.setFont(_font(text), 7)
        draw(x, MARGIN, text)


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph in the font that has its letters; what a person typed is no markup."""
    return Paragraph(
        f'<font name="{_font(text, bold=style is _TITLE)}">{escape(text)}</font>'.replace("\n", "<br/>"), style
    )


def _font(text: str, *, bold: bool = False) -> str:
    """Helvetica knows the letters of western Europe; the rest are written with an embedded font."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        if "Vera" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont("Vera", str(_FONTS / "Vera.ttf")))
        return "Vera"
    return "Helvetica-Bold" if bold else "Helvetica"


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("x", fontName="Helvetica", fontSize=size, leading=size * 1.28, splitLongWords=1, **more)


_TITLE, _PLAIN = _style(16, spaceAfter=3 * mm), _style(8.5)
_SMALL, _SECTION = _style(7.3, textColor=GREY), _style(10, spaceAfter=1 * mm)
_TIGHT: Sequence[tuple[Any, ...]] = [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]
