"""A cache that can be lost: everything still works, limits and counts are just open."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger()
Answer = TypeVar("Answer")

# After a failure the cache is left alone for so long: a log-in makes a dozen calls, and
# each would wait for its own time-out.
REST = 5.0


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache while the server cannot be reached, and says so.

    A rate limit that cannot count lets people in: signing in matters most on the day
    something is down. Facts live in Postgres; nothing here may be the only copy.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._rests_until = 0.0

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return self._try(
            lambda: RedisCache.add(self, key, *args, **kwargs), otherwise=True
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(
            lambda: RedisCache.get(self, key, default, version), otherwise=default
        )

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: RedisCache.set(self, key, *args, **kwargs), otherwise=None)

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return self._try(
            lambda: RedisCache.touch(self, key, *args, **kwargs), otherwise=False
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._try(lambda: RedisCache.delete(self, key, version), otherwise=False)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return self._try(lambda: RedisCache.get_many(self, keys, version), otherwise={})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._try(
            lambda: RedisCache.has_key(self, key, version), otherwise=False
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._try(
            lambda: RedisCache.incr(self, key, delta, version), otherwise=delta
        )

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return self._try(
            lambda: RedisCache.set_many(self, data, *args, **kwargs),
            otherwise=list(data),
        )

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._try(lambda: RedisCache.delete_many(self, keys, version), otherwise=None)

    def clear(self) -> None:
        self._try(lambda: RedisCache.clear(self), otherwise=None)

    def _try(self, call: Callable[[], Answer], *, otherwise: Answer) -> Answer:
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            return call()
        except (RedisError, OSError) as error:
            self._rests_until = time.monotonic() + REST
            log.warning("cache_unavailable", why=f"{type(error).__name__}: {error}")
            return otherwise
