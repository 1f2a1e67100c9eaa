"""How fast a provider may be handed messages, kept in Valkey for all processes together."""

import math
import threading
import time
from datetime import datetime

import redis

from workbench import clock, db

# Fixed windows: two neighbouring ones may meet in a burst of twice the rate, which providers queue; in exchange the
# count costs one round trip and nothing has to be cleaned up. The moment is the server's, so no two clocks differ.
_TURN = """
local paused = redis.call('PTTL', KEYS[1])
if paused > 0 then return paused end
local now = redis.call('TIME')
local width = tonumber(ARGV[1])
local window = math.floor(tonumber(now[1]) / width)
local count = KEYS[2] .. ':' .. string.format('%d', window)
if redis.call('INCR', count) <= tonumber(ARGV[2]) then
  redis.call('EXPIRE', count, width + 1)
  return 0
end
redis.call('EXPIRE', count, width + 1)
return math.ceil(((window + 1) * width - tonumber(now[1])) * 1000 - tonumber(now[2]) / 1000) + 1
"""
_LONGEST_SLEEP = 1.0  # seconds: a pause that is lifted, or a patience that ends, is noticed by then

_alone = threading.Lock()
_last_alone: dict[str, float] = {}


def wait_turn(provider: str, per_second: float, *, patience: float = math.inf) -> bool:
    """Waits until one more message may go to the provider; false when that would take more than `patience` seconds.

    Without Valkey each process keeps the rate by itself: messages go on, and a provider that finds it too much says so.
    """
    if math.isinf(per_second):
        return True
    ends = time.monotonic() + patience
    while True:
        try:
            wait = _asked(provider, per_second)
        except redis.RedisError:
            wait = _alone_asked(provider, per_second)
        if wait <= 0:
            return True
        if time.monotonic() + wait > ends:
            return False
        time.sleep(min(wait, _LONGEST_SLEEP))


def pause(provider: str, until: datetime) -> None:
    """No process hands this provider anything until then; a pause is made longer, never shorter."""
    wait = int((until - clock.now()).total_seconds() * 1000)
    if wait <= 0:
        return
    name = _paused(provider)
    try:
        db.valkey().set(name, 1, px=wait, nx=True) or db.valkey().pexpire(name, wait, gt=True)
    except redis.RedisError:
        with _alone:
            _last_alone[provider] = time.monotonic() + wait / 1000


def _asked(provider: str, per_second: float) -> float:
    """Seconds to wait before asking again; 0 = go. A rate below one a second is one message in a wider window."""
    width = max(1, math.ceil(1 / per_second))
    allowed = max(1, math.floor(per_second * width))
    told = db.valkey().eval(_TURN, 2, _paused(provider), f"pace:{provider}", width, allowed)
    return int(told) / 1000


def _alone_asked(provider: str, per_second: float) -> float:
    with _alone:
        now = time.monotonic()
        wait = _last_alone.get(provider, 0.0) + 1 / per_second - now
        if wait <= 0:
            _last_alone[provider] = now
        return wait


def _paused(provider: str) -> str:
    return f"pace:{provider}:paused"
