"""Liveness and readiness, for whoever watches the process; they say nothing about the data."""

from anyio import fail_after, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.queries.servers import SERVERS, answers

PATIENCE = 3  # seconds: a balancer's own time limit is seldom shorter


async def alive(_request: Request) -> JSONResponse:
    """The process runs and its event loop turns."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def ready(_request: Request) -> JSONResponse:
    """The database and Valkey answer; 503 names which does not."""
    state = {name: "ok" if await _up(name) else "down" for name in SERVERS}
    status = 503 if "down" in state.values() else 200
    return JSONResponse(state, status, headers={"Cache-Control": "no-store"})


async def _up(name: str) -> bool:
    try:
        with fail_after(PATIENCE):
            return await to_thread.run_sync(answers, name, abandon_on_cancel=True)
    except TimeoutError:
        return False


ROUTES = [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
