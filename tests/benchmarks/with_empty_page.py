"""The product's door with two more pages, which draw nothing: what any page, and any live one, costs at the least."""

from typing import Protocol

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from models import Role
from workbench import app


class Menu(Protocol):
    def __call__(self, role: Role) -> dict[str, list[StreamlitPage]]: ...


def nothing() -> None:
    st.button("again", key="again")


def nothing_live() -> None:
    st.fragment(nothing, run_every=5)()


def with_empty_pages(menu_of: Menu) -> Menu:
    def menu_with_empty_pages(role: Role) -> dict[str, list[StreamlitPage]]:
        pages = menu_of(role)
        pages[""] += [
            st.Page(nothing, title="empty", url_path="empty"),
            st.Page(nothing_live, title="live", url_path="empty-live"),
        ]
        return pages

    return menu_with_empty_pages


if __name__ == "__main__":
    if app.menu_of.__name__ == "menu_of":  # sessions share the module: the pages are added once
        app.menu_of = with_empty_pages(app.menu_of)
    app.main()
