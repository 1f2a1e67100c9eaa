"""`/metrics` for Prometheus: read from PostgreSQL and Valkey when asked, shown to whoever has the token."""

import hmac
from collections.abc import Iterable, Mapping

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import clock, db
from workbench.queries import metrics, workshops
from workbench.queries.servers import SERVERS, answers
from workbench.settings import Settings

_NO_STORE = {"Cache-Control": "no-store"}


class House(Collector):
    """Everything a watcher may know; a server that is away is told as such, and what it would have said is left out."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One family of figures after the other, read now."""
        up = {name: answers(name) for name in SERVERS}
        yield _by("up", "Whether the server answers.", "server", {name: int(it) for name, it in up.items()})
        if up["database"]:
            yield from _messages()
            yield from _runs()
        if up["valkey"]:
            yield from _queues()


def routes(settings: Settings) -> list[Route]:
    """The one route; without a token in the settings it answers as if it did not exist."""
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None

    async def shown(request: Request) -> Response:
        if token is None:
            return Response(status_code=404, headers=_NO_STORE)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return Response(status_code=401, headers=_NO_STORE | {"WWW-Authenticate": "Bearer"})
        told = await to_thread.run_sync(_told)
        return Response(told, headers=_NO_STORE | {"Content-Type": CONTENT_TYPE_LATEST})

    return [Route("/metrics", shown, methods=["GET"])]


def _told() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(House())
    return generate_latest(registry)


def _messages() -> Iterable[GaugeMetricFamily]:
    with db.reading() as session:
        at = clock.now()
        today = GaugeMetricFamily(
            "workbench_messages_today",
            "Messages planned since the portfolio's midnight.",
            labels=["portfolio", "channel", "state"],
        )
        for portfolio, channel, state, number in metrics.messages_today(session, at=at):
            today.add_metric([portfolio, channel, state], number)
        yield today
        due, came = metrics.due_messages(session, at=at), metrics.waiting_events(session, at=at)
        yield _one("messages_due", "Messages that could leave and are not queued.", due.waiting)
        yield _one("messages_due_oldest_seconds", "How long the oldest of them has waited.", due.oldest_seconds)
        yield _by("messages_in_flight", "Messages queued or being sent.", "state", metrics.in_flight(session))
        unsure = metrics.unconfirmed_messages(session)
        yield _by("messages_unconfirmed", "Messages that may have left.", "portfolio", unsure)
        yield _one("inbound_waiting", "Receipts and replies not worked off.", came.waiting)
        yield _one("inbound_oldest_seconds", "How long the oldest of them has waited.", came.oldest_seconds)
        yield _by(
            "opt_outs_day", "Channels closed by debtors in 24 hours.", "channel", metrics.opt_outs(session, at=at)
        )


def _runs() -> Iterable[GaugeMetricFamily]:
    with db.reading() as session:
        nights = metrics.last_nights(session)
        state = GaugeMetricFamily(
            "workbench_night_state", "1 for the state of the last night.", labels=["portfolio", "state"]
        )
        for night in nights:
            state.add_metric([night.portfolio, night.state], 1)
        yield state
        began = {night.portfolio: night.started_at.timestamp() for night in nights}
        ended = {night.portfolio: night.finished_at.timestamp() for night in nights if night.finished_at}
        yield _by("night_started_timestamp_seconds", "When the last night began.", "portfolio", began)
        yield _by("night_finished_timestamp_seconds", "When the last night ended.", "portfolio", ended)
        failed = metrics.failed_runs(session, at=clock.now())
        yield _by("runs_failed", "Runs given up in two weeks and not retried.", "entry", failed)


def _queues() -> Iterable[GaugeMetricFamily]:
    told = workshops.every_workshop()
    count = GaugeMetricFamily("workbench_queue_jobs", "Jobs in Redis.", labels=["queue", "state"])
    for each in told:
        for state, number in (("waiting", each.waiting), ("started", each.started), ("failed", each.failures)):
            count.add_metric([each.queue.value, state], number)
    yield count
    alive = {each.queue.value: len(each.workers) for each in told}
    yield _by("workers", "Workers that were heard of within two minutes.", "queue", alive)


def _one(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"workbench_{name}", says, value=value)


def _by(name: str, says: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"workbench_{name}", says, labels=[label])
    for which, value in values.items():
        family.add_metric([which], value)
    return family
