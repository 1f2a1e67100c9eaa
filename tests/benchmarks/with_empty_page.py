"""The product's door with two more pages, which draw nothing: what any page, and any live one, costs at the least."""

from collections.abc import Callable

import streamlit as st

from models import Role
from workbench import app

Menu = Callable[[Role], dict[str, list]]


def nothing() -> None:
    st.button("again", key="again")


def nothing_live() -> None:
    st.fragment(nothing, run_every=5)()


def with_empty_pages(menu_of: Menu) -> Menu:
    def menu(role: Role) -> dict[str, list]:
        pages = menu_of(role)
        pages[""] += [
            st.Page(nothing, title="empty", url_path="empty"),
            st.Page(nothing_live, title="live", url_path="empty-live"),
        ]
        return pages

    return menu


if __name__ == "__main__":
    if not hasattr(app, "EMPTY"):  # sessions share the module: the pages are added once
        app.EMPTY, app.menu_of = True, with_empty_pages(app.menu_of)
    app.main()
