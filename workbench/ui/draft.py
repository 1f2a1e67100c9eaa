"""The keeper of half-typed notes: saved a moment after each key, restored after a refresh or a lost connection."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.ui.i18n import _

SCRIPT = Path(__file__).parent.parent / "static" / "draft.js"
MARKUP = '<span class="cw-draft" role="status" data-status=""></span>'
STYLE = """.cw-draft { font-size: .8rem; display: block; min-height: 1.2rem; opacity: .75; }
[data-status=local], [data-status=lost] { color: var(--st-orange-text-color, #a35200); opacity: 1; }"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the keeper watches: the item, whose note it is, the note as the server knows it and the other fields."""

    item_id: int
    user_id: int
    note: str
    fields: dict[str, Any]
    saved: bool
    asks: bool  # whether the outcome asks for fields of its own, where the cursor goes next
    closes_ms: int | None  # until calls are lawful no more, none when they are not now


@lru_cache(maxsize=1)
def _component() -> Any:
    return st.components.v2.component("draft", html=MARKUP, css=STYLE, js=SCRIPT.read_text(), isolate_styles=False)


def keep_draft(kept: Kept, *, on_found: Any, on_dialled: Any, on_closed: Any) -> None:
    """Watches the note `note-<item>`.

    Calls back with a note only this browser has, when a number is dialled, and when the lawful hours end.
    """
    words = {
        "empty": "",
        "unsaved": _("Note not saved yet…"),
        "saved": _("Note saved as a draft"),
        "local": _("No connection: the note waits in this browser"),
        "lost": _("This debtor is no longer yours: the lease has ended. Your note is kept."),
    }
    data = {
        "item": kept.item_id,
        "user": kept.user_id,
        "note": kept.note,
        "fields": kept.fields,
        "saved": kept.saved,
        "asks": kept.asks,
        "closes": kept.closes_ms,
        "words": words,
    }
    _component()(
        data=data,
        key=f"draft-{kept.item_id}",
        on_found_change=on_found,
        on_dialled_change=on_dialled,
        on_closed_change=on_closed,
    )
