"""Where a browser may be sent after the log-in: nowhere but inside."""

import re
from urllib.parse import urlsplit

_PLAIN = re.compile(r"/(?![/\\])[\x21-\x7e]*")  # browsers drop tabs and line breaks, and read "\" as "/"
_NOT_PAGES = ("/session/", "/_stcore/", "/media/", "/api/")


def safe_next(target: str | None) -> str:
    """The path inside this site that `target` names, or the start page for anything else."""
    if not target or len(target) > 2000 or not _PLAIN.fullmatch(target) or "\\" in target:
        return "/"
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or target.startswith(_NOT_PAGES):
        return "/"
    return target
