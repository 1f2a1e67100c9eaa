"""A digest on paper: what it is about, each figure with the period before and its formula, the charts as tables."""

from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, KeepTogether, PageTemplate, Spacer
from reportlab.platypus import Table as Grid

from workbench.channels.pdf_parts import FAINT, GREY, MARGIN, numbered, paragraph, style
from workbench.rules.digests import Line, Paper, Table

_TITLE, _SECTION = style(16, spaceAfter=3 * mm), style(11, spaceAfter=1 * mm)
_PLAIN, _SMALL = style(9), style(7.3, textColor=GREY)
_RIGHT, _SMALL_RIGHT = style(9, alignment=2), style(7.3, textColor=GREY, alignment=2)
_SHARES = (46, 20, 20, 14)  # of the page's width: a figure with its formula, now, before, changed
_TIGHT = [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]
_DRAWN = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (0, -1), 0),
    ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY),
    ("LINEBELOW", (0, 1), (-1, -1), 0.3, FAINT),
    *_TIGHT,
]


def digest_pdf(paper: Paper, *, compressed: bool = True) -> bytes:
    """The PDF, the same bytes for the same words."""
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=paper.title,
        lang=paper.language,
        pageCompression=int(compressed),
        invariant=1,
    )
    whole = Frame(MARGIN, MARGIN + 6 * mm, document.width, document.height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[whole]))
    document.build(_flow(paper, document.width), canvasmaker=numbered(paper.title, paper.page, A4[0]))
    return file.getvalue()


def _flow(paper: Paper, width: float) -> list[Any]:
    about = [[paragraph(name, _SMALL), paragraph(said, _PLAIN)] for name, said in paper.about]
    heads = [("LEFTPADDING", (0, 0), (0, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT]
    flow = [
        paragraph(paper.title, _TITLE, bold=True),
        Grid(about, colWidths=[38 * mm, width - 38 * mm], hAlign="LEFT", style=heads),
        Spacer(1, 4 * mm),
    ]
    if paper.figures:
        flow += [_figures(paper, width), Spacer(1, 6 * mm)]
    for each in paper.tables:
        flow += [*_table(each, width), Spacer(1, 6 * mm)]
    return [*flow, *(paragraph(each, _SMALL) for each in paper.notes)]


def _figures(paper: Paper, width: float) -> Grid:
    head = [paragraph(each, _SMALL_RIGHT if place else _SMALL) for place, each in enumerate(paper.heads)]
    rows = [_figure(each) for each in paper.figures]
    widths = [width * share / sum(_SHARES) for share in _SHARES]
    return Grid([head, *rows], colWidths=widths, repeatRows=1, style=_DRAWN)


def _figure(line: Line) -> list[Any]:
    said = [paragraph(line.label, _PLAIN, bold=True), paragraph(line.formula, _SMALL)]
    return [said, paragraph(line.value, _RIGHT, bold=True), *(paragraph(x, _RIGHT) for x in (line.before, line.change))]


def _table(table: Table, width: float) -> list[Any]:
    shares = [1.6 if len(table.columns) > 2 else 6.0, *[1.0] * (len(table.columns) - 1)]
    widths = [width * share / sum(shares) for share in shares]
    head = [paragraph(each, _SMALL_RIGHT if place else _SMALL) for place, each in enumerate(table.columns)]
    body = [[paragraph(each, _RIGHT if place else _PLAIN) for place, each in enumerate(row)] for row in table.rows]
    grid = Grid([head, *body], colWidths=widths, repeatRows=1, style=_DRAWN)
    title = paragraph(table.title, _SECTION, bold=True)
    # a longer one goes on with the next page, but its title stands over a few rows at least
    return [KeepTogether([title, grid])] if len(body) < 12 else [CondPageBreak(45 * mm), title, grid]
