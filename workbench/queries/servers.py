"""Whether the servers this process depends on answer."""

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from workbench.db import reading, valkey

SERVERS = ("database", "valkey")


def answers(name: str) -> bool:
    """Whether the server called `name` answers the smallest question there is."""
    try:
        if name == "valkey":
            return bool(valkey().ping())
        with reading() as session:
            return session.execute(text("SELECT 1")).scalar() == 1
    except (SQLAlchemyError, redis.RedisError):
        return False
