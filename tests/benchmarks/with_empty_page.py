"""The product's door with one more page, which draws nothing: what any page costs at the least."""

from collections.abc import Callable

import streamlit as st

from models import Role
from workbench import app


def nothing() -> None:
    st.button("again", key="again")


def with_empty_page(of_role: Callable[[Role], list]) -> Callable[[Role], list]:
    return lambda role: [*of_role(role), st.Page(nothing, title="empty", url_path="empty")]


if __name__ == "__main__":
    if not hasattr(app, "EMPTY"):  # sessions share the module: the page is added once
        app.EMPTY, app.pages_of = True, with_empty_page(app.pages_of)
    app.main()
