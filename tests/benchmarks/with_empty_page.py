"""The product's door with one more page, which draws nothing: what any page costs at the least."""

import streamlit as st

from workbench import app

of_role = app.pages_of


def nothing() -> None:
    st.button("again", key="again")


app.pages_of = lambda role: [*of_role(role), st.Page(nothing, title="empty", url_path="empty")]
app.main()
app.pages_of = of_role
