"""Every click is seen to: a newer one waits until what the click before it asked for is done."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.state.safe_session_state import SafeSessionState

_now = threading.local()


def let_them_end() -> None:
    """Lets callbacks run to their end, for all sessions of this process.

    Streamlit leaves a run for a newer one wherever that writes to the page or reads the session's state, in a
    callback as well, and no option changes it: of two clicks while the server is slow, the first did nothing and
    nobody was told. The newer one is still looked at before the page is drawn.
    """
    asked = ScriptRunner._maybe_handle_execution_control_request  # noqa: SLF001
    ScriptRunner._maybe_handle_execution_control_request = _unless_in_one(asked)  # type: ignore[method-assign, assignment] # noqa: SLF001
    SafeSessionState.on_script_will_rerun = _in_one(SafeSessionState.on_script_will_rerun)  # type: ignore[method-assign]


def _in_one(callbacks: Callable[..., None]) -> Callable[..., None]:
    @wraps(callbacks)
    def undisturbed(*args: Any, **kwargs: Any) -> None:
        _now.in_one = True
        try:
            callbacks(*args, **kwargs)
        finally:
            _now.in_one = False

    return undisturbed


def _unless_in_one(newer: Callable[[ScriptRunner], None]) -> Callable[[ScriptRunner], None]:
    @wraps(newer)
    def later(runner: ScriptRunner) -> None:
        # a stop is the callback's own way to go no further, for want of a permission
        if not getattr(_now, "in_one", False) or runner._requests._state is ScriptRequestType.STOP:  # noqa: SLF001
            newer(runner)

    return later
