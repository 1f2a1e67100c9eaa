"""Streamlit's door: who are you, which pages may you see; nothing else.

The pages live outside this file's folder: a folder `pages` beside the entrypoint would be served without it.
"""

from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from models import Role
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _

PAGES = Path(__file__).parent.parent / "pages"

A, S, M, ADMIN = Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN
# by section of the menu; the first, without a title, is always in sight
MENU = {
    "": {
        "my_queue": (N_("My queue"), {A, S}),
        "negotiations": (N_("Negotiations"), {A, S}),
        "search": (N_("Search"), {A, S, M}),
        "floor": (N_("Floor"), {S, M}),
        "approvals": (N_("Approvals"), {S, M}),
        "statement": (N_("Account statement"), {A, S, M}),
    },
    N_("Team"): {
        "team_performance": (N_("Team performance"), {S, M}),
        "assignment": (N_("Assignment"), {S, M}),
        "agent_day": (N_("Agent's day"), {S, M}),
        "team_settings": (N_("Team settings"), {S, M}),
        "my_figures": (N_("My figures"), {A, S}),
    },
    N_("Money"): {
        "promises": (N_("Promises"), {A, S, M}),
        "payments": (N_("Payments"), {S, M}),
        "disputes": (N_("Disputes"), {A, S, M}),
        "hand_overs": (N_("Hand-overs"), {S, M}),
    },
    N_("Messages"): {
        "outbox": (N_("Outbox"), {S, M}),
        "strategies": (N_("Strategies"), {S, M}),
        "templates": (N_("Templates"), {S, M}),
        "channel_effectiveness": (N_("Channel effectiveness"), {S, M}),
    },
    N_("Reports"): {
        "last_night": (N_("Last night"), {S, M}),
        "order_report": (N_("Order report"), {S, M}),
        "portfolio_health": (N_("Portfolio health"), {S, M}),
        "past_queue": (N_("Queue of another day"), {S, M}),
        "compliance": (N_("Compliance"), {S, M, ADMIN}),
    },
    N_("Set-up"): {
        "portfolios": (N_("Portfolios"), {M}),
        "policies": (N_("Policies"), {M}),
        "dispositions": (N_("Dispositions"), {M}),
        "import_file": (N_("Import"), {M}),
        "operations": (N_("Operations"), {M, ADMIN}),
        "users": (N_("Users"), {ADMIN}),
    },
}
TITLES = {name: entry for pages in MENU.values() for name, entry in pages.items()}
# opened from a debtor's case, never by themselves
FROM_A_CASE = frozenset({"statement"})
IN_SIGHT = 8  # so many fit beside each other on a narrow screen


def menu_of(role: Role) -> dict[str, list[StreamlitPage]]:
    """The pages of a role by section; who has but a few, as agents do, has them all in sight."""
    mine = {
        section: [_page(name, title) for name, (title, roles) in pages.items() if role in roles]
        for section, pages in MENU.items()
    }
    everything = [page for pages in mine.values() for page in pages]
    if len(everything) <= IN_SIGHT:
        return {"": everything}
    return {_(section) if section else "": pages for section, pages in mine.items() if pages}


def _page(name: str, title: str) -> StreamlitPage:
    seen: Literal["hidden", "visible"] = "hidden" if name in FROM_A_CASE else "visible"
    return st.Page(PAGES / f"{name}.py", title=_(title), url_path=name.replace("_", "-"), visibility=seen)


def front_door(first: StreamlitPage) -> StreamlitPage:
    """The page of the bare address: it leads on to the first one, which so keeps an address of its own for links."""

    def lead_on() -> None:
        st.switch_page(first)

    return st.Page(lead_on, title="Cobranza Workbench", url_path="start", default=True, visibility="hidden")


def main() -> None:
    """Lets a logged-in person in, and shows the page asked for if it is one of theirs."""
    st.set_page_config(page_title="Cobranza Workbench", page_icon=frame.ICON, layout="wide")
    who = access.visitor()
    access.note_presence(who)
    frame.dress()
    menu = menu_of(who.role)
    menu[""].append(front_door(menu[""][0]))
    st.navigation(menu, position="top").run()


if __name__ == "__main__":
    main()
