"""The letter of an agreement on a screen: as a file to take out, and what became of sending it."""

from functools import partial
from html import escape

from models import Channel, MessageState
from workbench import db
from workbench.actions.agreement_letters import take_out
from workbench.queries.agreement_letters import Kept
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.law_words import CHANNELS
from workbench.ui import access, made_files
from workbench.ui.i18n import _
from workbench.ui.outbox_words import STATES, language_name


def download(who: Viewer, document_id: int, name: str, *, key: str) -> None:
    """Offers the PDF; that it was taken is noted when it is."""
    made_files.save_button(
        _("Letter (PDF)"), partial(letter_bytes, who.user_id, document_id), name=name, mime="application/pdf", key=key
    )


def letter_bytes(user_id: int, document_id: int) -> bytes:
    """The PDF, read as the person who takes it is allowed now."""
    with db.transaction() as session:
        return take_out(session, viewer(session, user_id), document_id, at=access.now()).content


def fate(letter: Kept) -> str:
    """In which language it is, on which channel it was sent and what became of it."""
    if letter.channel is None or letter.state is None:
        sent = f'<span class="cw-warn">{escape(_("not sent"))}</span>'
    else:
        name, tone = STATES[MessageState(letter.state)]
        sent = f'{escape(_(CHANNELS[Channel(letter.channel)]))}: <span class="{tone}">{escape(_(name))}</span>'
    return f'<p class="cw-muted">{escape(language_name(letter.language))} · {sent}</p>'
