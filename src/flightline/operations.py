"""The steps of Flightline over one folder: what the command ``flightline`` does.

Each step reads what the one before it wrote: features, then runs of training, then the registry and
the bundles that a server follows, then reports of what was served.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flightline.bundles import BundleError, Deployment, load_bundle, read_deployment
from flightline.definition import TEST_MONTHS, TUNE_MONTHS, split

if TYPE_CHECKING:
    from flightline.feature_store import FeatureSummary, OnlineStore
    from flightline.gates import Decision
    from flightline.monitoring import PeriodReport
    from flightline.tracking import Tracker, TrainResult
    from flightline.training import ModelKind

Progress = Callable[[str], None]

#: The last day that a model of the command learns from, and the first that it is judged on.
TRAINED_UNTIL, JUDGED_FROM = date(2013, 6, 30), date(2013, 7, 1)


class OperationError(ValueError):
    """A step can't be taken; the message says why and what to do first."""


@dataclass(frozen=True)
class Workspace:
    """Where the command keeps everything.

    Attributes
    ----------
    folder
        Is made by the first step.
    """

    folder: Path

    @property
    def features(self) -> Path:
        """The feature repository."""
        return self.folder / "features"

    @property
    def flights(self) -> Path:
        """Every flight that arrived, with what the feature store would have served for it."""
        return self.folder / "flights.parquet"

    @property
    def uri(self) -> str:
        """The tracking URI of the runs and the registry."""
        return f"sqlite:///{(self.folder.absolute() / 'mlflow.db').as_posix()}"

    @property
    def artifacts(self) -> Path:
        """The files of the runs."""
        return self.folder / "artifacts"

    @property
    def bundles(self) -> Path:
        """What a server serves."""
        return self.folder / "bundles"

    @property
    def reports(self) -> Path:
        """Reports of months."""
        return self.folder / "reports"

    def load_flights(self) -> pd.DataFrame:
        """Return the flights with their features.

        Raises
        ------
        OperationError
            If they weren't made yet, or the file is damaged.
        """
        if not self.flights.is_file():
            raise OperationError(f"{self.folder} has no features: run `flightline features` first.")
        try:
            return pd.read_parquet(self.flights)
        except (OSError, ValueError):
            raise OperationError(
                f"{self.flights} is damaged: run `flightline features` again."
            ) from None


@dataclass(frozen=True)
class Promotion:
    """What became of a version.

    Attributes
    ----------
    version
        Its number in the registry.
    against
        The version that served before; None where there was none.
    decision
        Of the gate.
    objections
        Reasons not to let it serve, as `flightline.registry.objections`.
    """

    version: int
    against: int | None
    decision: "Decision"
    objections: list[str]

    @property
    def serves(self) -> bool:
        """Whether it is the champion now."""
        return self.decision.action == "promote" and not self.objections


def make_features(
    place: Workspace, online: "OnlineStore | None", progress: Progress
) -> "FeatureSummary":
    """Write the feature repository and the flights that models learn from.

    Raises
    ------
    OperationError
        If a file is in the folder's place.
    flightline.feature_store.FeatureStoreError
        As `flightline.feature_store.make_features`.
    """
    if place.folder.exists() and not place.folder.is_dir():
        raise OperationError(f"{place.folder} is a file: choose another --folder.")
    from flightline.data import load_flights
    from flightline.feature_store import make_features as write_features
    from flightline.scoring import served_flights
    from flightline.snapshots import all_snapshots

    progress("Reading the flights of 2013")
    flights = load_flights()
    progress("Computing what was known of carriers, airports and aircraft, hour by hour")
    tables = all_snapshots(flights)
    progress("Writing the feature repository" + (f" and filling {online}" if online else ""))
    summary = write_features(place.features, online=online, tables=tables)
    progress("Looking up each flight's features at its prediction time")
    served = served_flights(flights, tables)
    unfinished = place.flights.with_suffix(".part")
    served.join(flights[["arr_delay"]]).to_parquet(unfinished, index=False)
    unfinished.replace(place.flights)
    return summary


def train(
    place: Workspace,
    kind: "ModelKind",
    rows: int | None,
    seed: int,
    progress: Progress,
) -> "TrainResult":
    """Train a model on January to June, judge it on July and August, and log the run.

    Raises
    ------
    OperationError
        If there are no features yet.
    flightline.tracking.TrackingError
        As `flightline.tracking.train`.
    """
    place.load_flights()
    from flightline.tracking import Recipe
    from flightline.tracking import train as train_and_log

    recipe = Recipe(kind=kind, rows=rows, seed=seed, learn="learn", judge="tune")
    return train_and_log(place.flights, place.uri, place.artifacts, recipe, progress=progress)


def promote(place: Workspace, run_id: str | None, progress: Progress) -> Promotion:
    """Register the model of a run, judge it against the champion, and let the better one serve.

    Parameters
    ----------
    run_id : str or None
        The run, or the beginning of its id; None for the latest.

    Raises
    ------
    OperationError
        If there is no such run.
    """
    flights = place.load_flights()
    judged = flights[split(flights).tune]
    from flightline.gates import judge
    from flightline.registry import Registry
    from flightline.scoring import INPUTS, model_input
    from flightline.tracking import Tracker

    progress("Looking for the run")
    run = _run(Tracker(place.uri, place.artifacts), run_id)
    registry = Registry(place.uri, place.artifacts)
    version = registry.register_run(run, {"trained_until": TRAINED_UNTIL.isoformat()})
    champion = registry.version("champion")
    if champion == version:
        raise OperationError(f"Version {version}, of the run {run[:8]}, serves already.")
    progress(f"Judging version {version} on {len(judged):,} flights of July and August")
    registry.export(version, place.bundles)
    table = model_input(judged)
    days = judged["scheduled_departure"].dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d")
    late, origins = judged["is_late"].to_numpy(dtype=bool), judged["origin"].astype(str)
    if champion is None:
        # Nobody serves yet: the least that a model has to beat is the share of late flights.
        before = np.full(len(judged), flights.loc[split(flights).learn, "is_late"].mean())
    else:
        before = _probability(place, champion, table)
    decision = judge(
        late,
        before,
        _probability(place, version, table),
        days.to_numpy(),
        origins.to_numpy(dtype=str),
    )
    counts = {name: int((origins == name).sum()) for name in origins.unique()}
    objected = registry.review(version, decision, counts, JUDGED_FROM, INPUTS)
    promotion = Promotion(version, champion, decision, objected)
    if promotion.serves:
        registry.promote(version)
        registry.deploy(place.bundles)
    return promotion


def roll_back(place: Workspace) -> tuple[int, int]:
    """Let the last good version serve again; return the version that served, and that one.

    Raises
    ------
    flightline.registry.PromotionError
        If there is none to go back to.
    OperationError
        If nothing serves.
    """
    before = deployed(place).champion
    from flightline.registry import Registry
    from flightline.scoring import INPUTS

    registry = Registry(place.uri, place.artifacts)
    target = registry.rollback(INPUTS)
    registry.deploy(place.bundles)
    assert before is not None
    return before, target


def deployed(place: Workspace) -> Deployment:
    """Return what a server of this folder serves.

    Raises
    ------
    OperationError
        If no version was promoted yet, or the deployment can't be read.
    """
    try:
        deployment = read_deployment(place.bundles)
    except BundleError as error:
        raise OperationError(str(error)) from None
    if deployment.champion is None:
        raise OperationError(f"{place.folder} has no champion: run `flightline promote` first.")
    return deployment


def monitor(place: Workspace, month: int, progress: Progress) -> tuple["PeriodReport", Path]:
    """Judge a month of the champion's predictions by how it did in July and August.

    Parameters
    ----------
    month : int
        Of 2013, September to December: in the months before it learned or was chosen.

    Returns
    -------
    tuple
        The report, and the HTML file that it was written to.

    Raises
    ------
    OperationError
        If nothing serves, or the champion has seen the month.
    flightline.monitoring.MonitoringError
        As `flightline.monitoring.monitor`.
    """
    if not TEST_MONTHS[0] <= month <= TEST_MONTHS[1]:
        raise OperationError(
            f"Month {month} can't be monitored: the champion learned from January to June and was "
            f"chosen on July and August. Choose {TEST_MONTHS[0]} to {TEST_MONTHS[1]}."
        )
    champion = deployed(place).champion
    assert champion is not None
    flights = place.load_flights()
    from flightline.monitoring import PREDICTION
    from flightline.monitoring import monitor as judge_period
    from flightline.scoring import INPUTS, model_input

    progress(f"Predicting with version {champion}")
    local = flights["scheduled_departure"].dt.tz_convert("America/New_York").dt.month
    place.reports.mkdir(parents=True, exist_ok=True)
    files = []
    for name, mask in (
        (f"2013-{month:02}", local == month),
        ("reference", local.between(*TUNE_MONTHS)),
    ):
        chosen = flights[mask]
        table = model_input(chosen)
        predicted = table[list(INPUTS)].assign(
            scheduled_departure=chosen["scheduled_departure"],
            scheduled_arrival=chosen["scheduled_arrival"],
            arr_delay=chosen["arr_delay"],
            **{PREDICTION: _probability(place, champion, table)},
        )
        files.append(place.reports / f"{name}.parquet")
        predicted.to_parquet(files[-1], index=False)
    progress("Comparing the month with July and August")
    page = place.reports / f"2013-{month:02}.html"
    return judge_period(files[0], files[1], page), page


def _run(tracker: "Tracker", run_id: str | None) -> str:
    runs = tracker.runs("attributes.status = 'FINISHED'")
    if runs.empty:
        raise OperationError("There is no run yet: run `flightline train` first.")
    known = runs["run_id"].tolist()
    if run_id is None:
        return str(known[0])
    found = [each for each in known if each.startswith(run_id)]
    if len(found) != 1:
        what = "There is no run" if not found else "More than one run begins with"
        raise OperationError(f"{what} {run_id}. The latest is {known[0][:8]}.")
    return str(found[0])


def _probability(place: Workspace, version: int, table: pd.DataFrame) -> np.ndarray:
    bundle = load_bundle(place.bundles, version)
    return np.asarray(bundle.model.predict_proba(table[list(bundle.inputs)])[:, 1])
