"""Everything the server listens to beside the pages."""

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from workbench.settings import Settings
from workbench.web import drafts, health, log_in, single_sign_on


def routes(settings: Settings) -> list[BaseRoute]:
    """The routes of `/session` (log-in), `/api` and health, to be put before Streamlit's."""
    door = FastAPI(title="Cobranza Workbench", docs_url=None, redoc_url=None, openapi_url=None)
    door.state.settings = settings
    door.include_router(log_in.router)
    if settings.single_sign_on:
        door.include_router(single_sign_on.router)
    return [*health.ROUTES, Mount("/session", door), Mount("/api", drafts.api)]
