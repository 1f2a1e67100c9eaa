"""The shipped texts, whole files in `workbench/templates/messages/<language>/<code>.<channel>.txt`."""

from functools import lru_cache
from pathlib import Path

from models.interactions import Channel
from workbench.rules.template_checks import Text

_MESSAGES = Path(__file__).parent.parent / "templates" / "messages"
_HEADS = ("subject", "whatsapp_name")


@lru_cache(maxsize=1)
def shipped_texts() -> tuple[Text, ...]:
    """Every shipped text; a file begins with its subject or WhatsApp name and an empty line, or at once with the text."""
    return tuple(_read(path) for path in sorted(_MESSAGES.glob("*/*.txt")))


def _read(path: Path) -> Text:
    code, channel = path.stem.split(".")
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n\n")
    name, colon, value = first.partition(": ")
    head = {name: value.strip()} if colon and name in _HEADS and "\n" not in first else {}
    body = (rest if head else text).strip()
    return Text(code, Channel(channel), path.parent.name, head.get("subject"), body, head.get("whatsapp_name"))
