"""What is installed, what needs what, and the lock that pins it."""

from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from typing import TypedDict

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


class Package(TypedDict):
    """An installed package: its exact version and the names of the packages that it needs."""

    version: str
    needs: list[str]


def installed_packages() -> dict[str, Package]:
    """Return the packages of this environment by name.

    Names are in their canonical form (PEP 503). A need counts if its marker holds on this machine
    and if it belongs to no extra.
    """
    found: dict[str, Package] = {}
    for distribution in distributions():
        needs = [Requirement(line) for line in distribution.requires or []]
        found[canonicalize_name(distribution.name)] = {
            "version": distribution.version,
            "needs": sorted(
                canonicalize_name(need.name)
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": ""})
            ),
        }
    return found


def lock(wanted: Iterable[str], installed: Mapping[str, Package]) -> list[str]:
    """Pin the wanted packages and everything that they need, directly or not.

    Parameters
    ----------
    wanted
        Names of packages.
    installed
        What is installed, by name.

    Returns
    -------
    list of str
        One line ``name==version`` for each package, sorted by name.

    Raises
    ------
    KeyError
        When a package that is needed isn't installed.
    """
    pinned: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in pinned:
            pinned.add(name)
            waiting.extend(installed[name]["needs"])
    return [f"{name}=={installed[name]['version']}" for name in sorted(pinned)]
