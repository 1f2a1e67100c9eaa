from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.cast import NOW
from workbench.actions.law_versions import record_versions
from workbench.queries.law_versions import version_text, versions
from workbench.rules import law_versions
from workbench.rules.law_files import jurisdictions, read
from workbench.rules.refusals import Refused


def test_every_files_text_is_kept_once_and_a_new_text_is_a_new_version(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert record_versions(session, at=NOW) == len(jurisdictions())
    assert record_versions(session, at=NOW) == 0
    first = law_versions.version_of("CO")
    changed = {"CO": law_versions.law_texts()["CO"] + "\n# corrected\n"}
    monkeypatch.setattr("workbench.actions.law_versions.law_texts", lambda: changed)
    monkeypatch.setattr(
        "workbench.actions.law_versions.version_of", lambda country: law_versions.digest(changed[country])
    )
    assert record_versions(session, at=NOW + timedelta(days=1)) == 1
    latest, before = versions(session, "CO")
    assert (before.digest, latest.seen_at) == (first, NOW + timedelta(days=1))
    assert read(version_text(session, "CO", before.digest), "co.yaml").country == "CO"
    assert len(versions(session)) == len(jurisdictions()) + 1


def test_a_version_that_was_never_here_is_refused(session: Session) -> None:
    with pytest.raises(Refused, match="no version"):
        version_text(session, "CO", "0" * 16)


def test_a_country_without_a_file_has_the_policy_as_version() -> None:
    assert law_versions.version_of("XX") == "policy"
