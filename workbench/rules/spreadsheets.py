"""Tables that people open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What begins a formula, wide signs too, and what spreadsheets skip before it. A line is also looked at where a
# spreadsheet of a country with decimal commas cuts it, at semicolons, and at its breaks.
_SIGN = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_SKIPPED = "[\\s\ufeff\u200b]*"
_BEGINS = re.compile(f"[\t\r\n]|{_SKIPPED}{_SIGN}")
_GOES_ON = re.compile(f"([;\r\n]{_SKIPPED})(?={_SIGN})")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before whatever a spreadsheet would run as a formula (OWASP, CSV injection)."""
    text = _GOES_ON.sub(r"\1'", text)
    return f"'{text}" if _BEGINS.match(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file that spreadsheets open with its accents right and none of its cells run."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([safe_cell(str(cell)) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")
