"""The files that pretend debtors bring: a receipt as a picture, a letter as a PDF; small, and of nobody."""

from io import BytesIO

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

PAPER, INK, FADED = (250, 250, 246), (40, 44, 52), (150, 155, 160)
WIDTH, LINE, MARGIN = 420, 26, 24


def receipt(title: str, lines: tuple[str, ...], *, photo: bool = False) -> bytes:
    """A receipt as PNG, or as JPEG like a photograph of one, a little askew."""
    page = Image.new("RGB", (WIDTH, MARGIN * 3 + LINE * (len(lines) + 2)), PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((MARGIN, MARGIN), title, fill=INK, font_size=20)
    pen.line((MARGIN, MARGIN + 32, WIDTH - MARGIN, MARGIN + 32), fill=FADED, width=2)
    for number, line in enumerate(lines, start=2):
        pen.text((MARGIN, MARGIN + number * LINE), line, fill=INK, font_size=15)
    if photo:
        page = page.rotate(2.5, expand=True, fillcolor=(116, 108, 98), resample=Image.Resampling.BICUBIC)
    kept = BytesIO()
    page.save(kept, "JPEG" if photo else "PNG", **({"quality": 80} if photo else {"optimize": True}))
    return kept.getvalue()


def letter(title: str, lines: tuple[str, ...]) -> bytes:
    """A one-page letter as PDF; the same words give the same bytes."""
    kept = BytesIO()
    page = Canvas(kept, pagesize=A5, invariant=1)
    _, height = A5
    page.setTitle(title)
    page.setFont("Helvetica-Bold", 14)
    page.drawString(40, height - 60, title)
    page.setFont("Helvetica", 10)
    for number, line in enumerate(lines):
        page.drawString(40, height - 95 - number * 18, line)
    page.save()
    return kept.getvalue()
