"""What the processes say about themselves: an event and ids, never a name, a number or a text.

Ours and the libraries' lines leave in one form on standard error: for people, or as one JSON object a line.
"""

import logging
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal, cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

Format = Literal["text", "json"]
OURS = ("workbench", "workers", "pages", "seed")

_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, *_SHARED, ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=BoundLogger,
)


def logger(name: str) -> BoundLogger:
    """A module's logger: `log.warning("redis_away", jobs=3)`, an event and ids."""
    return cast("BoundLogger", structlog.get_logger(name))


def set_up(form: Format) -> None:
    """Makes this process's log; called once, by each command that runs for long."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[ProcessorFormatter.remove_processors_meta, without_values, _rendered(form)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def without_values(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its kind and its places: its message quotes rows, and those hold names."""
    told = event.pop("exc_info", None)
    if isinstance(told, tuple):
        told = told[1]
    if isinstance(told, BaseException):
        frames = extract_tb(told.__traceback__)
        event["error"] = type(told).__name__
        event["places"] = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    event.pop("stack_info", None)
    return event


def adopt(name: str) -> None:
    """Lets a library's logger speak through ours instead of through handlers of its own."""
    logging.getLogger(name).handlers = []
    logging.getLogger(name).propagate = True


def _rendered(form: Format) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.processors.KeyValueRenderer(
        key_order=["timestamp", "level", "logger", "event"], repr_native_str=False
    )
