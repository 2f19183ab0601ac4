"""What a server serves: a model as a folder of two files, and one file that says which serves.

A registry is a database with a large program in front of it. A server needs neither: it gets a
*bundle*, exported once, and starts in the time that it takes to import scikit-learn. Which bundle
answers is in ``deployment.json``, replaced as a whole, so that a reader sees the old deployment or
the new one and nothing in between.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

MODEL, METADATA, DEPLOYMENT = "model.joblib", "bundle.json", "deployment.json"
#: A model pickled by one minor version of it may break, or answer otherwise, under another.
PINNED = "scikit-learn"


class BundleError(ValueError):
    """A bundle or a deployment can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Bundle:
    """A loaded model and what is known of it.

    Attributes
    ----------
    model
        With `predict_proba`.
    version
        Its number in the registry.
    inputs
        The columns that it takes, in order, and their types.
    metadata
        Everything in ``bundle.json``.
    """

    model: Any
    version: int
    inputs: dict[str, str]
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """Which versions answer.

    Attributes
    ----------
    champion
        The version that serves, or None before the first.
    canary, share
        The version that answers for this share of the flights (0 to 1), or None.
    shadow
        The version that gets a copy of every request and answers nobody, or None.
    salt
        Draws the canary's flights (`flightline.canary.in_canary`).
    """

    champion: int | None = None
    canary: int | None = None
    share: float = 0.0
    shadow: int | None = None
    salt: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise BundleError(f"The canary's share is between 0 and 1, not {self.share:g}.")
        if self.champion is None and (self.canary or self.shadow):
            raise BundleError("A canary or a shadow needs a champion beside it: deploy one first.")

    @property
    def versions(self) -> set[int]:
        """Every version that the deployment needs."""
        return {each for each in (self.champion, self.canary, self.shadow) if each is not None}


def save_bundle(folder: Path, model: Any, version: int, metadata: Mapping[str, Any]) -> Path:
    """Write a model as ``folder/VERSION``; a version that is there already stays as it is.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of all bundles.
    model
        With `predict_proba`, `feature_names_in_`; written with joblib.
    version : int
        Its number in the registry.
    metadata : mapping
        Needs `inputs`, the columns and their types; anything else that JSON can hold.

    Returns
    -------
    pathlib.Path
        The bundle's folder. It appears whole or not at all.
    """
    import joblib

    target = folder / str(version)
    if target.is_dir():
        return target
    unfinished = folder / f"{version}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    joblib.dump(model, unfinished / MODEL)
    known = {
        **metadata,
        "version": version,
        "sha256": _digest(unfinished / MODEL),
        "made_with": {PINNED: installed(PINNED)},
    }
    (unfinished / METADATA).write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    for name in (MODEL, METADATA):
        # Otherwise the name may reach the disk before the content does.
        with (unfinished / name).open("rb+") as file:
            os.fsync(file.fileno())
    unfinished.rename(target)
    return target


def load_bundle(folder: Path, version: int) -> Bundle:
    """Load a version, after looking whether it is what was exported.

    The digest finds a damaged file, not a malicious one: loading runs code from it, so that only
    the pipeline may write into the folder.

    Raises
    ------
    BundleError
        If the version isn't there, its file is damaged, or it was made with another minor version
        of scikit-learn.
    """
    import joblib

    place = folder / str(version)
    try:
        metadata = json.loads((place / METADATA).read_text(encoding="utf-8"))
        digest = _digest(place / MODEL)
    except (OSError, ValueError):
        raise BundleError(f"There is no bundle of version {version}: export it first.") from None
    if not isinstance(metadata, dict) or digest != metadata.get("sha256"):
        raise BundleError(f"The bundle of version {version} is damaged: export it again.")
    made, here = metadata["made_with"][PINNED], installed(PINNED)
    if _minor(made) != _minor(here):
        raise BundleError(
            f"Version {version} was made with {PINNED} {made}, and {here} is installed: "
            "train it again, or install what it was made with."
        )
    model = joblib.load(place / MODEL)
    return Bundle(model, version, dict(metadata["inputs"]), metadata)


def write_deployment(folder: Path, deployment: Deployment) -> None:
    """Let a deployment answer from now on; every bundle that it needs must be there.

    Raises
    ------
    BundleError
        If a bundle is missing.
    """
    for version in sorted(deployment.versions):
        if not (folder / str(version) / METADATA).is_file():
            raise BundleError(f"There is no bundle of version {version}: export it first.")
    folder.mkdir(parents=True, exist_ok=True)
    waiting = folder / f"{DEPLOYMENT}.part"
    waiting.write_text(json.dumps(asdict(deployment)) + "\n", encoding="utf-8")
    _replace(waiting, folder / DEPLOYMENT)


def read_deployment(folder: Path) -> Deployment:
    """Return the deployment of a folder; an empty one where none was written.

    Raises
    ------
    BundleError
        If the file isn't a deployment.
    """
    try:
        return Deployment(**json.loads((folder / DEPLOYMENT).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Deployment()
    except (ValueError, TypeError):
        raise BundleError(f"{DEPLOYMENT} isn't a deployment: write it anew.") from None


def _replace(source: Path, target: Path) -> None:
    # On Windows a file that somebody reads at this moment can't be replaced: the next may work.
    for _ in range(50):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(0.02)
    os.replace(source, target)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _minor(version: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", version)[:2])
