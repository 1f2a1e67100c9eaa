"""What leaves the product as a file leaves through us: audited, and with no formula in a debtor's name alive."""

from pathlib import Path

import streamlit

from workbench.ui import frame

HIDDEN = '[data-testid="stElementToolbarButton"]:has(button[aria-label^="Download as CSV"]) { display: none; }'


def test_tables_offer_no_file_of_streamlits_own() -> None:
    assert HIDDEN in (frame.STATIC / "workbench.css").read_text()


def test_streamlit_still_calls_its_button_so() -> None:
    scripts = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    whole = "".join(
        each.read_text(encoding="utf-8") for each in scripts if each.name.startswith(("DataFrame", "Toolbar"))
    )
    assert "Download as CSV" in whole
    assert "stElementToolbarButton" in whole
    assert '"aria-label"' in whole
