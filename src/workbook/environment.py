"""Checks that this machine can run the course, and says what to do where it can't."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

SUPPORTED = ((3, 11), (3, 13))
# What the lessons rely on; the rest of the lock follows from these.
PACKAGES = ("pandas", "pyarrow", "scikit-learn", "matplotlib", "ipywidgets", "jupyterlab")
SET_UP = "Close JupyterLab and run `make lab` in the course's folder."


@dataclass(frozen=True)
class Finding:
    """What one examination found: its subject, whether it is well, and the remedy if not."""

    subject: str
    well: bool
    remedy: str = ""


def examine() -> list[Finding]:
    """Examine Python, the packages, the data and the progress store.

    Returns
    -------
    list of Finding
        One for each subject, in order. Nothing is changed on the machine.
    """
    return [
        python_version(sys.version_info[:2]),
        packages(metadata.version),
        data(),
        progress_kept(),
    ]


def report() -> None:
    """Print one line for each subject, and the remedy below one that isn't well."""
    for finding in examine():
        print(f"{'ok ' if finding.well else 'NO '} {finding.subject}")
        if not finding.well:
            print(f"    {finding.remedy}")


def python_version(version: tuple[int, int]) -> Finding:
    """Tell whether a version of Python is one that the course is verified on."""
    first, last = (".".join(map(str, bound)) for bound in SUPPORTED)
    return Finding(
        f"Python {first} to {last}",
        SUPPORTED[0] <= version <= SUPPORTED[1],
        f"This is Python {version[0]}.{version[1]}. Install a Python from {first} to {last}, "
        "delete the folder .venv and run `make lab`.",
    )


def packages(installed: Callable[[str], str]) -> Finding:
    """Tell whether the packages are the ones that the course is verified with."""
    locked = locked_versions()
    off = []
    for name in PACKAGES:
        try:
            found = installed(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if locked and found not in locked.get(name, set()):
            off.append(f"{name} is {found}")
    return Finding("packages as in requirements.txt", not off, f"{', '.join(off)}. {SET_UP}")


def locked_versions() -> dict[str, set[str]]:
    """Read the versions of requirements.txt; empty where the course runs without a checkout.

    Returns
    -------
    dict of str to set of str
        A package has two versions where they differ between Pythons.
    """
    from workbook.course import PACKAGE

    lock = PACKAGE.parent.parent / "requirements.txt"
    versions: dict[str, set[str]] = {}
    if lock.is_file():
        for name, version in re.findall(
            r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE
        ):
            versions.setdefault(name.lower(), set()).add(version)
    return versions


def data() -> Finding:
    """Tell whether the data files are whole."""
    from flightline.data import DataError, load_airlines

    try:
        load_airlines()
    except DataError as error:
        return Finding("data files whole", False, str(error))
    return Finding("data files whole", True)


def progress_kept() -> Finding:
    """Tell whether progress can be written down."""
    from workbook import store

    return Finding(
        "progress can be kept",
        store.writable(),
        f"Nothing can be written to {store.location()}. The exercises work all the same; "
        "only the map of what you passed starts empty each time.",
    )
