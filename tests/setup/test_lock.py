"""requirements.txt is what pyproject.toml asks for, with hashes, for every supported Python."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import HEADER

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\$", re.M)


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.txt").read_text(encoding="utf-8")


def bounds() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["maintain"]]


def pinned(lock: str, python: str) -> dict[str, str]:
    """List the versions that a Python on Linux gets."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    return {
        canonicalize_name(pin["name"]): pin["version"]
        for pin in PIN.finditer(lock)
        if pin["marker"] is None or Marker(pin["marker"]).evaluate(environment)
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_every_bound_is_met_by_a_pin(lock: str, python: str) -> None:
    pins = pinned(lock, python)
    unmet = [
        bound
        for bound in map(Requirement, bounds())
        if not bound.specifier.contains(pins.get(canonicalize_name(bound.name), "0"))
    ]
    assert unmet == [], "run `make lock`"


def test_a_pin_outside_its_bound_is_found(lock: str) -> None:
    moved = re.sub(r"^pandas==\S+", "pandas==99.0", lock, flags=re.M)
    assert not Requirement("pandas<3").specifier.contains(pinned(moved, "3.12")["pandas"])


def test_every_package_is_pinned_and_has_hashes(lock: str) -> None:
    entries = [
        entry for entry in re.split(r"^(?=\w)", lock, flags=re.M) if not entry.startswith("#")
    ]
    assert len(entries) > 100
    assert [
        entry for entry in entries if not PIN.match(entry) or "--hash=sha256:" not in entry
    ] == []


def test_the_lock_says_how_it_is_made_and_names_no_host(lock: str) -> None:
    assert lock.startswith(HEADER)
    assert "make lock" in HEADER
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock
