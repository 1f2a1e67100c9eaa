"""What is cited for a rule, in the reader's language."""

import pytest

from workbench.rules.law_reasons import cited


@pytest.mark.parametrize(
    ("rule", "law", "spanish", "english"),
    [
        ("co.window", "Ley 2300 de 2023 art. 3", "Ley 2300 de 2023 art. 3", "Ley 2300 de 2023 art. 3"),
        ("uy.policy_window", "Política, sin norma", "Política, sin norma", "Policy, no law"),
        ("gt.cap", "Ley de Bancos art. 46 bis (por analogía)", "Ley de Bancos art. 46 bis (por analogía)", "Ley de Bancos art. 46 bis (by analogy)"),
        ("policy.hours", "Política de la cartera", "política de la cartera", "portfolio policy"),
    ],
)  # fmt: skip
def test_a_law_keeps_its_name_and_our_remarks_are_translated(rule: str, law: str, spanish: str, english: str) -> None:
    assert (cited(rule, law, "es"), cited(rule, law, "en")) == (spanish, english)
