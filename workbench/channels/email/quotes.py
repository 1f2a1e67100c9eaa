"""What a debtor wrote in an e-mail, without the letter they answer and without their signature."""

import re
from html.parser import HTMLParser

LONGEST = 20_000  # characters looked at; what a person writes stands above what they quote
_BLOCKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3"}
_UNSEEN = {"style", "script", "title", "head", "blockquote"}
# everything from here on is the letter answered, or the signature
_BELOW = re.compile(
    r"^(?:"
    r"-- ?$"
    r"|_{10,}$"
    r"|-{2,} ?(?:Original Message|Mensaje original|Mensagem original|Forwarded message|Mensaje reenviado)"
    r"|(?:On|El|Em)\b[^\n]{0,300}(?:\n[^\n]{0,200})?\b(?:wrote|escribi[oó]|escreveu) ?:[ \t]*$"
    r"|\*?(?:From|De):\*? [^\n]{0,300}\n\*?(?:Sent|Date|Enviado|Fecha|Data)(?: el| em)?:"
    r"|(?:Sent from|Get Outlook for|Enviado desde|Obtener Outlook|Enviado do)\b"
    r")",
    re.MULTILINE | re.IGNORECASE,
)


def own_words(text: str) -> str:
    """The text above the quoted letter; lines quoted in between are left out as well."""
    seen = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    below = _BELOW.search(seen)
    above = seen[: below.start()] if below else seen
    return "\n".join(line.rstrip() for line in above.split("\n") if not line.startswith(">")).strip()


def seen_in(html: str) -> str:
    """The text a person sees in HTML, without what it quotes."""
    reader = _Reader()
    reader.feed(html[: LONGEST * 10])
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.seen)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes where what nobody sees begins."""
        quotes = any(name == "class" and "gmail_quote" in (value or "") for name, value in attrs)
        if tag in _UNSEEN or quotes:
            self._unseen.append(tag)
        elif tag in _BLOCKS and not self._unseen:
            self.seen.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Notes where it ends; a quote in a `div` of a mail program goes on to the end."""
        if self._unseen and self._unseen[-1] == tag and tag in _UNSEEN:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        """Keeps what is seen."""
        if not self._unseen:
            self.seen.append(data)
