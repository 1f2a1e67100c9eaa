"""A small app that asks who is there as the real one does, and has a page for supervisors only."""

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.state.safe_session_state import SafeSessionState

from workbench import db
from workbench.queries.sessions import viewer_of
from workbench.server import OPTIONS

with db.reading() as session:
    who = viewer_of(session, st.user.to_dict().get("session_id"), at=datetime.now(UTC))
if who is None:
    st.markdown("BOUNCED")
    st.stop()


def mine() -> None:
    st.markdown(f"HELLO {who.name} {who.role}")
    st.markdown(f"COOKIES {sorted(st.context.cookies)}")
    st.download_button("export", b"the debtors of Mexico", "export.csv")


def floor() -> None:
    st.markdown("THE FLOOR")


def broken() -> None:
    raise ValueError(who.name.upper())


def options() -> None:
    for name in [*sorted(OPTIONS), "server.address", "theme.light.primaryColor"]:
        st.markdown(f"{name}={st.get_option(name)}")
    st.markdown(f"frozen={gc.get_freeze_count() > 100_000}")
    st.markdown(f"path={sys.path[0]}")
    for mended in (MediaFileManager.remove_orphaned_files, SafeSessionState.on_script_will_rerun):
        st.markdown(f"mended={hasattr(mended, '__wrapped__')}")


pages = [
    st.Page(options, url_path="options"),
    st.Page(mine, url_path="mine", default=True),
    st.Page(broken, url_path="broken"),
]
if who.role == "supervisor":
    pages.append(st.Page(floor, url_path="floor"))
st.navigation(pages).run()
assert not Path(__file__).with_name("pages").exists()
