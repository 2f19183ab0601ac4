"""The servers that some tests need: PostgreSQL and Redis, as .ci/run starts and names them."""

import os
import sys

import pytest


def postgres() -> str:
    """Return the URL of a PostgreSQL database that tests may fill."""
    return _named("FLIGHTLINE_TEST_POSTGRES", "PostgreSQL")


def redis() -> str:
    """Return the address of a Redis server, as host:port."""
    return _named("FLIGHTLINE_TEST_REDIS", "Redis")


def _named(variable: str, server: str) -> str:
    named = os.environ.get(variable)
    if named:
        return named
    message = f"no {server} here: {variable} names none (.ci/run starts one and names it)"
    if os.environ.get("CI") and sys.platform == "linux":
        pytest.fail(message)
    pytest.skip(message)
