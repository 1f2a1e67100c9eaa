"""The page of strategies, worked as a browser would."""

from typing import Any

from streamlit.testing.v1 import AppTest

from models import Strategy, StrategyState
from tests.cast import NOW, Cast, owe
from tests.pages.test_every_page import everything_said
from workbench import db
from workbench.actions.strategies import create_draft, publish, save_draft
from workbench.actions.templates import install_templates
from workbench.queries.strategies import published, versions

PAGE = "../pages/strategies.py"


def open_draft(opened: Any, cast: Cast) -> AppTest:
    """Marta's page on its part “Draft”."""
    page = opened(cast.marta.user_id)
    page.query_params["part"] = "draft"
    return page.switch_page(PAGE).run()


def click(page: AppTest, key: str) -> AppTest:
    page = page.button(key=key).click().run()
    assert not page.exception
    return page


def field(page: AppTest, kind: str, ends: str) -> Any:
    return next(each for each in getattr(page, kind) if str(each.key).endswith(ends))


def test_a_manager_drafts_tries_out_and_publishes(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        for days in (1, 8, 8, 40):
            owe(session, fresh_cast.mexico, days_past_due=days)
    page = open_draft(opened, fresh_cast)
    page = click(page, "begin-draft")
    assert page.button(key="save-draft").disabled
    field(page, "text_input", "-0-name").set_value("Tarjetas").run()
    assert page.button(key="publish").disabled, "not before it is saved"
    page = click(page, "save-draft")
    assert [each.value for each in page.success] == ["El borrador está guardado."]
    page = click(page, "dry-run")
    metrics = {each.label: each.value for each in page.metric}
    assert int(metrics["Mensajes"]) + int(metrics["Tareas para personas"]) + int(metrics["Retenidos"]) == 4
    page = click(page, "publish")
    with db.reading() as session:
        force = published(session, fresh_cast.mexico.id)
    assert (force.version, force.definition.segments[0].name) == (1, "Tarjetas")


def test_what_is_wrong_is_said_in_place_and_nothing_is_saved(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        before = create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW).definition
    page = open_draft(opened, fresh_cast)
    field(page, "text_input", "-0-code").set_value("¡Uno!").run()
    told = page.error[0].value.replace("\\", "")
    assert told.splitlines()[1:] == [
        "* Segmento 1 (Todos) · Código: escribirlo con minúsculas, cifras y _, comenzando por una letra"
    ]
    assert page.button(key="save-draft").disabled
    assert page.button(key="publish").disabled
    with db.reading() as session:
        assert [each.definition for each in versions(session, fresh_cast.marta, fresh_cast.mexico.id)] == [before]


def test_segments_are_added_asked_earlier_and_removed_and_what_was_typed_stays(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
    page = open_draft(opened, fresh_cast)
    field(page, "number_input", "-0-held_out").set_value(10).run()
    page = click(page, "add-0-0")
    assert [tab.label for tab in page.tabs] == ["1. Segmento nuevo", "2. Todos", "Eventos y costos"]
    assert field(page, "number_input", "-1-held_out").value == 10
    page = click(page, "earlier-1-1")
    assert [tab.label for tab in page.tabs][:2] == ["1. Todos", "2. Segmento nuevo"]
    assert "abarca a todos" in page.error[0].value
    page = click(page, "remove-2-0")
    page = click(page, "save-draft")
    with db.reading() as session:
        draft = versions(session, fresh_cast.marta, fresh_cast.mexico.id)[0]
    assert [each["code"] for each in draft.definition["segments"]] == ["segment_2"]


def test_two_managers_do_not_overwrite_each_other(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        draft_id = create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW).id
    page = open_draft(opened, fresh_cast)
    with db.transaction() as session:
        draft = session.get_one(Strategy, draft_id)
        draft.definition = draft.definition | {"costs": {"sms": "0.0500"}}
        session.add(draft)
    field(page, "text_input", "-0-name").set_value("Otro").run()
    assert len(page.warning) == 1
    page = click(page, "save-draft")
    assert [each.value for each in page.error] == [
        "Otra persona cambió este borrador mientras tanto: abrirlo de nuevo."
    ]
    page = click(page, "start-over")
    assert not page.warning


def test_a_supervisor_reads_the_ladder_and_its_effect_but_has_no_draft(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        draft = create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
        publish(session, fresh_cast.marta, draft.id, at=NOW)
    page = opened(fresh_cast.sofia.user_id).switch_page(PAGE).run()
    assert not page.exception
    assert "Recordatorio de cortesía" in everything_said(page)
    part = page.segmented_control(key="strategies-part")
    assert part.options == ["Escalera", "Efecto"]
    page = part.set_value("effect").run()
    assert not page.exception
    assert "Recuperación" in everything_said(page)


def test_before_anything_is_published_the_page_says_what_to_do(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia.user_id).switch_page(PAGE).run()
    assert "Todavía no hay estrategia" in everything_said(page)


def test_a_discarded_draft_leaves_what_is_in_force(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        first = create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
        publish(session, fresh_cast.marta, first.id, at=NOW)
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
    page = click(open_draft(opened, fresh_cast), "discard")
    assert page.button(key="begin-draft")
    with db.reading() as session:
        assert [each.state for each in versions(session, fresh_cast.marta, fresh_cast.mexico.id)] == [
            StrategyState.PUBLISHED
        ]


def test_what_was_typed_survives_a_look_at_another_part(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
    page = open_draft(opened, fresh_cast)
    field(page, "text_input", "-0-name").set_value("Primero").run()
    page = click(page, "save-draft")
    field(page, "number_input", "-0-held_out").set_value(25).run()
    for part in ("ladder", "draft"):
        page = page.segmented_control(key="strategies-part").set_value(part).run()
        assert not page.exception
    assert field(page, "text_input", "-0-name").value == "Primero"
    assert field(page, "number_input", "-0-held_out").value == 25
    assert not page.button(key="save-draft").disabled


def test_a_name_with_marks_stays_a_name(opened, fresh_cast: Cast) -> None:
    hostile = "![x](https://example.com/a.png)<img src=x onerror=alert(1)>{0} $x$"
    with db.transaction() as session:
        install_templates(session, at=NOW)
        draft = create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
        definition = draft.definition
        definition["segments"][0]["name"] = hostile
        definition["segments"][0]["steps"][0]["name"] = hostile
        save_draft(session, fresh_cast.marta, draft.id, definition, at=NOW)
        publish(session, fresh_cast.marta, draft.id, at=NOW)
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
    page = opened(fresh_cast.marta.user_id).switch_page(PAGE).run()
    assert not page.exception
    assert "<img" not in everything_said(page)
    page = open_draft(opened, fresh_cast)
    field(page, "text_input", "-0-code").set_value("¡").run()
    assert not page.exception
    assert "![" not in page.tabs[0].label
    assert "![" not in page.error[0].value
