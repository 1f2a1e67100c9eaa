"""Streamlit's door: who are you, which pages may you see; nothing else.

The pages live outside this file's folder: a folder `pages` beside the entrypoint would be served without it.
"""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from models import Role
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _

PAGES = Path(__file__).parent.parent / "pages"

TITLES = {
    "my_queue": (N_("My queue"), {Role.AGENT, Role.SUPERVISOR}),
    "negotiations": (N_("Negotiations"), {Role.AGENT, Role.SUPERVISOR}),
    "search": (N_("Search"), {Role.AGENT, Role.SUPERVISOR, Role.MANAGER}),
    "approvals": (N_("Approvals"), {Role.SUPERVISOR, Role.MANAGER}),
    "promises": (N_("Promises"), {Role.AGENT, Role.SUPERVISOR, Role.MANAGER}),
    "payments": (N_("Payments"), {Role.SUPERVISOR, Role.MANAGER}),
    "statement": (N_("Account statement"), {Role.AGENT, Role.SUPERVISOR, Role.MANAGER}),
    "disputes": (N_("Disputes"), {Role.AGENT, Role.SUPERVISOR, Role.MANAGER}),
    "hand_overs": (N_("Hand-overs"), {Role.SUPERVISOR, Role.MANAGER}),
    "last_night": (N_("Last night"), {Role.SUPERVISOR, Role.MANAGER}),
    "order_report": (N_("Order report"), {Role.SUPERVISOR, Role.MANAGER}),
    "outbox": (N_("Outbox"), {Role.SUPERVISOR, Role.MANAGER}),
    "strategies": (N_("Strategies"), {Role.SUPERVISOR, Role.MANAGER}),
    "templates": (N_("Templates"), {Role.SUPERVISOR, Role.MANAGER}),
    "channel_effectiveness": (N_("Channel effectiveness"), {Role.SUPERVISOR, Role.MANAGER}),
    "compliance": (N_("Compliance"), {Role.SUPERVISOR, Role.MANAGER, Role.ADMIN}),
    "portfolios": (N_("Portfolios"), {Role.MANAGER}),
    "policies": (N_("Policies"), {Role.MANAGER}),
    "import_file": (N_("Import"), {Role.MANAGER}),
    "operations": (N_("Operations"), {Role.MANAGER, Role.ADMIN}),
    "users": (N_("Users"), {Role.ADMIN}),
}
# opened from a debtor's case, never by themselves
FROM_A_CASE = frozenset({"statement"})


def pages_of(role: Role) -> list[StreamlitPage]:
    """The pages of a role; the first one is where its people land."""
    mine = [(name, title) for name, (title, roles) in TITLES.items() if role in roles]
    return [
        st.Page(
            PAGES / f"{name}.py",
            title=_(title),
            url_path=name.replace("_", "-"),
            default=position == 0,
            visibility="hidden" if name in FROM_A_CASE else "visible",
        )
        for position, (name, title) in enumerate(mine)
    ]


def main() -> None:
    """Lets a logged-in person in, and shows the page asked for if it is one of theirs."""
    st.set_page_config(page_title="Cobranza Workbench", page_icon=frame.ICON, layout="wide")
    who = access.visitor()
    access.note_presence()
    frame.dress()
    st.navigation(pages_of(who.role), position="top").run()


if __name__ == "__main__":
    main()
