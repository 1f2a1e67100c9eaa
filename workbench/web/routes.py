"""Everything the server listens to beside the pages."""

from importlib import import_module

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from workbench.settings import Settings
from workbench.web import drafts, health, log_in, metrics, unsubscribe, webhooks


def routes(settings: Settings) -> list[BaseRoute]:
    """The routes of `/session` (log-in), `/api`, `/hooks`, health and metrics, to be put before Streamlit's."""
    door = FastAPI(title="Cobranza Workbench", docs_url=None, redoc_url=None, openapi_url=None)
    door.state.settings = settings
    door.include_router(log_in.router)
    if settings.single_sign_on:  # Authlib takes its time to load, and few need it
        single_sign_on = import_module("workbench.web.single_sign_on")
        door.include_router(single_sign_on.router)
    hooks = [*webhooks.routes(settings), *unsubscribe.routes(settings)]
    return [*health.ROUTES, *metrics.routes(settings), *hooks, Mount("/session", door), Mount("/api", drafts.api)]
