"""What every page has around it: the product's dress, a title, a refusal, an honest emptiness."""

from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st

from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.ui import i18n
from workbench.ui.i18n import _

STATIC = Path(__file__).parent.parent / "static"
ICON = str(STATIC / "icon.svg")
LOGO = str(STATIC / "logo.svg")


@lru_cache(maxsize=1)
def _style() -> str:
    return f"<style>{(STATIC / 'workbench.css').read_text()}</style>"


def dress() -> None:
    """Puts the logo and the style sheet on the page; both come from this server."""
    st.html(_style())
    st.logo(LOGO, size="large")


def markup(html: str) -> None:
    """Draws a piece of our own markup; whatever a person typed in it has been escaped by its maker."""
    st.html(f'<div class="cw">{html}</div>')


def page_header(title: str, who: Viewer, *, aside: str = "") -> None:
    """The page's one heading, who is logged in, and the way out."""
    leave = f'<form method="post" action="/session/logout"><button class="cw-link">{_("Log out")}</button></form>'
    name = f'<span class="cw-me">{escape(who.name)} · {leave}</span>'
    markup(f'<div class="cw-title"><h1>{escape(title)}</h1><div class="cw-day">{aside}{name}</div></div>')


def say_refused(refused: Refused, *more: str) -> None:
    """Keeps a refusal for the next drawing of the page: a callback's own output would be lost."""
    st.session_state["refused"] = " ".join([i18n.refusal(refused), *more])


def show_refused() -> None:
    """Shows, once, why the last thing asked for was refused; its place is kept, for a page that shifts forgets its tab."""
    place = st.empty()
    if because := st.session_state.pop("refused", None):
        place.error(because)


def say_done(told: str) -> None:
    """Keeps what was done for the next drawing of the page."""
    st.session_state["said"] = told


def show_done() -> None:
    """Shows, once, what was just done; its place is kept like a refusal's."""
    place = st.empty()
    if said := st.session_state.pop("said", None):
        place.success(said)


def empty_state(title: str, *lines: str) -> None:
    """Says that there is nothing here, why, and what to do next."""
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    markup(f'<div class="cw-empty"><h2>{escape(title)}</h2>{told}</div>')
