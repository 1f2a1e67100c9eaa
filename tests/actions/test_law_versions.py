from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.cast import NOW, Cast
from workbench.actions.law_versions import record_versions
from workbench.queries.law_versions import law_versions
from workbench.rules.law_files import jurisdictions, read
from workbench.rules.law_versions import digest, law_texts, version_of
from workbench.rules.refusals import Refused


def test_every_files_text_is_kept_once_and_a_new_text_is_a_new_version(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert record_versions(session, at=NOW) == len(jurisdictions())
    assert record_versions(session, at=NOW) == 0
    first = version_of("CO")
    changed = {"CO": law_texts()["CO"] + "\n# corrected\n"}
    monkeypatch.setattr("workbench.actions.law_versions.law_texts", lambda: changed)
    monkeypatch.setattr("workbench.actions.law_versions.version_of", lambda country: digest(changed[country]))
    assert record_versions(session, at=NOW + timedelta(days=1)) == 1
    latest, before = law_versions(session, cast.marta, "CO")
    assert (before.digest, latest.seen_at) == (first, NOW + timedelta(days=1))
    assert read(before.content, "co.yaml").country == "CO"


def test_an_agent_may_not_read_what_was_in_use(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Your role does not allow this"):
        law_versions(session, cast.ana, "CO")


def test_a_country_without_a_file_has_the_policy_as_version() -> None:
    assert version_of("XX") == "policy"
