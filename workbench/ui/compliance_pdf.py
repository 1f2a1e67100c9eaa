"""A paper to hand to an authority: a head, lists, one long table that breaks well, pages numbered “n of m”."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from workbench.channels.pdf_parts import FAINT, GREY, MARGIN, numbered, paragraph, style

# In points; the table's columns share the page's width in these parts.
SHARES = (13, 15, 30, 32, 10)


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
    document.build([*_head(said), *_sections(said), _table(said, document.width)], canvasmaker=_canvas(said))
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
    drawn = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, FAINT),
        *_TIGHT,
    ]
    # a note of pages must not fail for want of a page that holds it whole
    return Table([head, *body], colWidths=widths, repeatRows=1, splitInRow=1, style=drawn)


def _canvas(said: Paper) -> type[Canvas]:
    return numbered(f"{said.title} · {said.foot} · {said.made}", said.page, landscape(A4)[0])


def _text(text: str, look: ParagraphStyle) -> Paragraph:
    return paragraph(text, look, bold=look is _TITLE)


_TITLE, _PLAIN = style(16, spaceAfter=3 * mm), style(8.5)
_SMALL, _SECTION = style(7.3, textColor=GREY), style(10, spaceAfter=1 * mm)
_TIGHT: Sequence[tuple[Any, ...]] = [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]
