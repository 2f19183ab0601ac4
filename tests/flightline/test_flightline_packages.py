from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from flightline.packages import Package, installed_packages, lock

INSTALLED: dict[str, Package] = {
    "a": {"version": "1.0", "needs": ["b", "c"]},
    "b": {"version": "2.0", "needs": ["a"]},
    "c": {"version": "3.0.post1", "needs": []},
    "d": {"version": "4.0", "needs": ["c"]},
}


def test_the_lock_holds_what_is_needed_directly_or_not_once_and_sorted() -> None:
    assert lock(["b"], INSTALLED) == ["a==1.0", "b==2.0", "c==3.0.post1"]


def test_what_is_merely_installed_stays_out() -> None:
    assert lock(["c"], INSTALLED) == ["c==3.0.post1"]
    assert lock([], INSTALLED) == []


def test_a_need_that_isnt_installed_is_an_error() -> None:
    with pytest.raises(KeyError, match="e"):
        lock(["e"], INSTALLED)


def test_the_lock_of_this_environment_names_the_installed_versions() -> None:
    lines = lock(["pandas"], installed_packages())
    pinned = {Requirement(line).name: str(Requirement(line).specifier) for line in lines}
    assert {"pandas", "numpy"} <= set(pinned)
    assert all(pinned[name] == f"=={version(name)}" for name in pinned)
