import time

import pytest
from django.core.cache import cache

from opsdesk.core.cache import ForgivingRedisCache


@pytest.fixture
def dead():
    return ForgivingRedisCache(
        "redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.1}}
    )


def test_a_lost_cache_is_an_empty_one(dead):
    assert dead.get("a") is None
    assert dead.get("a", "default") == "default"
    assert dead.add("a", 1)
    assert dead.set("a", 1) is None
    assert not dead.touch("a")
    assert not dead.delete("a")
    assert dead.get_many(["a"]) == {}
    assert not dead.has_key("a")
    assert dead.incr("a", 2) == 2
    assert dead.set_many({"a": 1}) == ["a"]
    assert dead.delete_many(["a"]) is None
    assert dead.clear() is None


def test_a_lost_cache_is_asked_once_in_a_while(dead, monkeypatch):
    begun = time.monotonic()

    for _ in range(1000):
        dead.get("a")

    assert time.monotonic() - begun < 1


def test_a_living_cache_keeps_what_it_is_given():
    cache.set("opsdesk-test", 1, 5)

    assert cache.get("opsdesk-test") == 1
    assert not cache.add("opsdesk-test", 2)
    assert cache.incr("opsdesk-test") == 2
