"""What the product's papers share: fonts that have the reader's letters, plain text only, pages numbered “n of m”."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

MARGIN = 14 * mm
GREY, FAINT = colors.HexColor("#5c6664"), colors.HexColor("#d5dbd9")
_FONTS = Path(reportlab.__file__).parent / "fonts"


def style(size: float, **more: Any) -> ParagraphStyle:
    """A paragraph style of that size in points."""
    return ParagraphStyle("x", fontName="Helvetica", fontSize=size, leading=size * 1.28, splitLongWords=1, **more)


def paragraph(text: str, look: ParagraphStyle, *, bold: bool = False) -> Paragraph:
    """A paragraph in the font that has its letters; what a person typed is no markup."""
    text = text.replace(
        "\u2212", "\u2013"
    )  # Helvetica has no minus; its dash is as wide, and one figure keeps one font
    return Paragraph(f'<font name="{font_of(text, bold=bold)}">{escape(text)}</font>'.replace("\n", "<br/>"), look)


def font_of(text: str, *, bold: bool = False) -> str:
    """Helvetica knows the letters of western Europe; the rest are written with an embedded font."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        if "Vera" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont("Vera", str(_FONTS / "Vera.ttf")))
        return "Vera"
    return "Helvetica-Bold" if bold else "Helvetica"


def numbered(foot: str, page: str, width: float) -> type[Canvas]:
    """A canvas of that width that keeps its pages until it knows how many: `foot` left, `page` (“Page {n} of {m}”) right."""

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, kept in enumerate(self._pages, start=1):
                self.__dict__.update(kept)
                _foot(self, foot, page.format(n=number, m=len(self._pages)), width)
                super().showPage()
            super().save()

    return Numbered


def shortened(text: str, width: float, *, size: float = 7) -> str:
    """As much of a line as has room, with an ellipsis where it was cut."""
    font = font_of(text)
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(text + "…", font, size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _foot(canvas: Canvas, foot: str, page: str, width: float) -> None:
    canvas.setFillColor(GREY)
    foot = shortened(foot, width - 2 * MARGIN - canvas.stringWidth(page, font_of(page), 7) - MARGIN)
    for text, draw, x in ((foot, canvas.drawString, MARGIN), (page, canvas.drawRightString, width - MARGIN)):
        canvas.setFont(font_of(text), 7)
        draw(x, MARGIN, text)
