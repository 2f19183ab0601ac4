"""Tracking: what a model was made from, kept so that it can be found, compared and made again.

A training needs four things: the data, the code, the recipe (kind, features, rows, seed and
parameters) and the environment. `fit` records them beside the metrics, `Tracker` keeps them in
MLflow, and `Tracker.repeat` trains again from the record alone.

MLflow gives parameters back as texts. They are good for searching; the recipe that a training is
repeated from is a JSON file of the run.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import platform
import secrets
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from importlib.metadata import version as installed
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pandas as pd

from flightline.definition import split
from flightline.gates import bootstrap_interval
from flightline.processes import HOST, free_port, serving
from flightline.scoring import FLIGHT, INPUTS, RECENT, WARN_FROM, cost_per_flight, model_input
from flightline.training import ModelKind, cost_per_1000, evaluate, make_model

#: What keeps MLflow quiet; it reads these when it is imported.
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
#: The modules that decide what a training gives.
CODE = (
    "flightline.definition",
    "flightline.features",
    "flightline.scoring",
    "flightline.training",
)
#: The packages that decide what a training gives.
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy")
#: Named sets of columns.
FEATURES = {
    "timetable": tuple(name for name in INPUTS if name not in RECENT),
    "delays": RECENT,
    "both": tuple(INPUTS),
}
#: What `fit` needs of a table of flights.
NEEDED = (*FLIGHT, *RECENT, "is_late")
RECORD = "record.json"
#: What a record must hold so that a training can be repeated.
INGREDIENTS = ("data", "code", "recipe", "environment")
#: MLflow's types by the kind of a column that `as_served` returns.
TYPES = {"f": "double", "i": "long", "O": "string"}


class TrackingError(ValueError):
    """A training can't be logged, found or repeated; the message says why and what to do."""


class quietly(warnings.catch_warnings):  # noqa: N801 - used like a function
    """Silence what MLflow and its database say while they start: nothing a reader can act on."""

    def __enter__(self) -> None:
        super().__enter__()
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        logging.getLogger("alembic").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")


# --- what a training is made from ----------------------------------------------------------------


def table_digest(table: pd.DataFrame) -> str:
    """Return a SHA-256 of a table: the names, types and values of its columns, and their order.

    The index doesn't count. Every row does; MLflow's own digest reads the first 10,000 rows, and
    of these no column of True and False (``mlflow/data/digest_utils.py`` in 3.17).

    Parameters
    ----------
    table : pandas.DataFrame
        With columns of plain values.

    Returns
    -------
    str
        64 hexadecimal digits, the same in every process.
    """
    columns = [[str(name), str(kind)] for name, kind in table.dtypes.items()]
    digest = hashlib.sha256(json.dumps([len(table), columns]).encode())
    digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def code_digest(modules: Sequence[str] = CODE) -> str:
    """Return a SHA-256 of the sources of modules, committed or not."""
    digest = hashlib.sha256()
    for name in modules:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise TrackingError(f"There is no module {name}: its code can't be recorded.")
        # Line ends differ between a Windows checkout and the others; the code doesn't.
        digest.update(name.encode() + Path(found.origin).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


@cache
def commit() -> str | None:
    """Return the git commit of this code, with a `+` if files differ from it; None without git."""
    git = ("git", "-C", str(Path(__file__).parent))
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        head, changes = (
            subprocess.run(
                [*git, *command], capture_output=True, text=True, check=True, env=env
            ).stdout
            for command in (("rev-parse", "HEAD"), ("status", "--porcelain", "."))
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.strip() + ("+" if changes.strip() else "")


def environment() -> dict[str, str]:
    """Return the versions of Python, the system and `PACKAGES`."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{name: installed(name) for name in PACKAGES},
    }


@dataclass(frozen=True)
class Recipe:
    """How a model is made, apart from data, code and environment; JSON can hold all of it.

    Attributes
    ----------
    kind
        As in `flightline.training.make_model`.
    features
        A name in `FEATURES`.
    rows
        How many of the flights to learn from, drawn with `seed`; None for all.
    seed
        Of everything that is random.
    parameters
        Of the estimator.
    learn, judge
        The parts of `flightline.definition.split` that it is trained and judged on.
    """

    kind: ModelKind = "boosting"
    features: str = "both"
    rows: int | None = None
    seed: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    learn: Literal["learn", "train"] = "learn"
    judge: Literal["tune", "test"] = "tune"

    def __post_init__(self) -> None:
        if self.features not in FEATURES:
            raise TrackingError(
                f"There are no features {self.features!r}. There are: {', '.join(FEATURES)}."
            )
        if (self.learn, self.judge) == ("train", "tune"):
            raise TrackingError("July and August are part of `train`: judge it on `test`.")

    def flat(self) -> dict[str, Any]:
        """Return the recipe as parameters of a run: one value for each name."""
        plain = {name: value for name, value in asdict(self).items() if name != "parameters"}
        return {**plain, **self.parameters}


@dataclass(frozen=True)
class Training:
    """A trained model and all that is known of it.

    Attributes
    ----------
    model
        A fitted scikit-learn classifier.
    record
        What it was made from, by `INGREDIENTS`; JSON can hold it.
    metrics
        On the judged flights: those of `flightline.training.evaluate`, `cost` per 1,000 flights
        with the ends `cost_low` and `cost_high` of its 95 % interval over days, and `size_kb`.
    costs : numpy.ndarray
        What each judged flight cost, shape (n,).
    days : numpy.ndarray
        The day on which each judged flight departs, shape (n,).
    example : pandas.DataFrame
        A few rows of what the model was trained on.
    """

    model: Any
    record: dict[str, Any]
    metrics: dict[str, float]
    costs: np.ndarray
    days: np.ndarray
    example: pd.DataFrame

    @property
    def recipe(self) -> Recipe:
        """The recipe in the record."""
        return Recipe(**self.record["recipe"])


def fit(flights: pd.DataFrame, recipe: Recipe) -> Training:
    """Train a model by a recipe, judge it, and record what it was made from.

    Parameters
    ----------
    flights : pandas.DataFrame
        With the columns in `NEEDED`; flights without a label are left out.
    recipe : Recipe
        How.

    Raises
    ------
    TrackingError
        If a column is missing, or there are too few flights to learn from or to judge.
    """
    missing = [name for name in NEEDED if name not in flights]
    if missing:
        raise TrackingError(f"The table of flights lacks {', '.join(missing)}: make it again.")
    flights = flights[list(NEEDED)].dropna(subset=["is_late"]).reset_index(drop=True)
    parts = split(flights.assign(arr_delay=0.0))
    learn, judge = flights[getattr(parts, recipe.learn)], flights[getattr(parts, recipe.judge)]
    if recipe.rows is not None and recipe.rows > len(learn):
        raise TrackingError(f"The recipe wants {recipe.rows:,} flights, there are {len(learn):,}.")
    for name, part in ((recipe.learn, learn), (recipe.judge, judge)):
        if part["is_late"].nunique() < 2:
            raise TrackingError(f"The part `{name}` needs flights of both kinds, late and on time.")
    if recipe.rows is not None:
        learn = learn.sample(recipe.rows, random_state=recipe.seed).sort_index()
    columns = list(FEATURES[recipe.features])
    table = model_input(learn)[columns]
    model = make_model(recipe.kind, recipe.seed, **recipe.parameters)
    model.fit(table, learn["is_late"].astype(bool))
    probability = model.predict_proba(model_input(judge)[columns])[:, 1]
    local = judge["scheduled_departure"].dt.tz_convert("America/New_York")
    days = local.dt.strftime("%Y-%m-%d").to_numpy()
    late = judge["is_late"].to_numpy(dtype=bool)
    costs = cost_per_flight(late, probability)
    record = {
        "data": {"digest": table_digest(flights), "rows": len(flights)},
        "code": {"digest": code_digest(), "commit": commit()},
        "recipe": asdict(recipe),
        "environment": environment(),
    }
    metrics = _metrics(late, probability, costs, days, model)
    return Training(model, record, metrics, costs, days, table.head(5))


def _metrics(
    late: np.ndarray, probability: np.ndarray, costs: np.ndarray, days: np.ndarray, model: Any
) -> dict[str, float]:
    low, high = bootstrap_interval(1000 * costs, days)
    return {
        **evaluate(late, probability),
        "cost": cost_per_1000(late, probability >= WARN_FROM),
        "cost_low": low,
        "cost_high": high,
        "size_kb": round(len(pickle.dumps(model)) / 1000, 1),
    }


# --- keeping it ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repeat:
    """A run trained again from its record.

    Attributes
    ----------
    training
        The new training.
    recorded
        The metrics that the run had recorded.
    changed
        The ingredients that are not what they were: of ``"code"`` and ``"environment"``. Other
        data are refused.
    """

    training: Training
    recorded: dict[str, float]
    changed: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether every measure is the recorded one to the last digit."""
        again = self.training.metrics
        return all(again.get(name) == value for name, value in self.recorded.items())


@dataclass(frozen=True)
class Tracker:
    """An experiment in MLflow.

    Parameters
    ----------
    uri
        Of the tracking server or its database: ``"sqlite:////absolute/path/mlflow.db"``,
        ``"postgresql+psycopg://user:password@127.0.0.1/mlflow"``, ``"http://127.0.0.1:5000"``.
    artifacts
        Where the runs' files go, if the experiment doesn't exist yet; by default what the server
        decides.
    experiment
        Its name.
    """

    uri: str
    artifacts: Path | None = None
    experiment: str = "flightline"

    def log(
        self,
        training: Training,
        name: str,
        parent: str | None = None,
        with_model: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log a training so that it can be found, compared and repeated.

        Parameters
        ----------
        training : Training
            What `fit` returned.
        name : str
            Of the run.
        parent : str, optional
            The run that it is nested in, as from `group`.
        with_model : bool
            Whether the model goes along, with its signature and an input example.
        tags : mapping of str, optional
            More tags.

        Returns
        -------
        str
            The run's id.
        """
        known = {"commit": training.record["code"]["commit"] or "none", **(tags or {})}
        run_id = self.log_record(training.record, training.metrics, name, parent, known)
        if with_model:
            self._log_model(run_id, training)
        return run_id

    def log_record(
        self,
        record: Mapping[str, Any],
        metrics: Mapping[str, float],
        name: str,
        parent: str | None = None,
        tags: Mapping[str, str] | None = None,
        times: tuple[int, int] | None = None,
    ) -> str:
        """Log a training of which there is a record and no model, and return the run's id.

        `times` are the start and the end in milliseconds since 1970, by default now.
        """
        recipe = Recipe(**record["recipe"])
        all_tags = {
            "mlflow.runName": name,
            "mlflow.source.name": "flightline",
            "data": record["data"]["digest"],
            "code": record["code"]["digest"],
            **({"mlflow.parentRunId": parent} if parent else {}),
            **(tags or {}),
        }
        start, end = times or (None, None)
        run = self._client.create_run(self.experiment_id, start_time=start, tags=all_tags)
        run_id = run.info.run_id
        try:
            self._log_batch(run_id, recipe.flat(), metrics, start)
            self._log_dataset(run_id, record["data"], recipe)
            self._client.log_dict(run_id, dict(record), RECORD)
        except BaseException:
            self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id, end_time=end)
        return run_id

    @contextmanager
    def group(self, name: str) -> Iterator[str]:
        """Open a run that others can be nested in, and yield its id; an error marks it failed."""
        run = self._client.create_run(self.experiment_id, tags={"mlflow.runName": name})
        try:
            yield run.info.run_id
        except BaseException:
            self._client.set_terminated(run.info.run_id, "FAILED")
            raise
        self._client.set_terminated(run.info.run_id)

    def runs(self, query: str = "", order_by: Sequence[str] = ()) -> pd.DataFrame:
        """Return the runs that match a query as MLflow's table, parameters as texts.

        Parameters
        ----------
        query : str
            As for `mlflow.search_runs`: ``"metrics.size_kb < 100 and params.rows = '12000'"``.
        order_by : sequence of str
            As ``["metrics.cost"]``.
        """
        with self.active() as mlflow:
            return mlflow.search_runs(
                [self.experiment_id], query, order_by=[*order_by] or None, max_results=5_000
            )

    def record(self, run_id: str) -> dict[str, Any]:
        """Return what a run says its model was made from.

        Raises
        ------
        TrackingError
            If there is no such run, or it has no record.
        """
        with quietly():
            from mlflow.artifacts import load_dict
            from mlflow.exceptions import MlflowException

            try:
                run = self._client.get_run(run_id)
            except MlflowException:
                raise TrackingError(f"There is no run {run_id} in {self.experiment}.") from None
            try:
                with self.active():
                    return load_dict(f"{run.info.artifact_uri}/{RECORD}")
            except (MlflowException, OSError):
                raise TrackingError(
                    f"The run {run.info.run_name} has no {RECORD}: it can't be repeated."
                ) from None

    def seen(self, run_id: str) -> dict[str, Any]:
        """Return what MLflow knows of a run and of the models that it logged, for `gaps`."""
        run = self._client.get_run(run_id)
        with self.active():
            files = [file.path for file in self._client.list_artifacts(run_id)]
            # MLflow 3 keeps a model and the list of its packages beside the run, not in it.
            models = self._client.search_logged_models(
                [self.experiment_id], filter_string=f"source_run_id = '{run_id}'"
            )
            for model in models:
                kept = self._client.list_logged_model_artifacts(model.model_id)
                files += [f"{model.name}/{file.path}" for file in kept]
        datasets = [
            {
                "digest": each.dataset.digest,
                "rows": json.loads(each.dataset.profile or "{}").get("num_rows", 0),
            }
            for each in run.inputs.dataset_inputs
        ]
        return {
            "params": dict(run.data.params),
            "metrics": dict(run.data.metrics),
            "tags": dict(run.data.tags),
            "datasets": datasets,
            "artifacts": files,
        }

    def metrics(self, run_id: str) -> dict[str, float]:
        """Return the metrics of a run."""
        return dict(self._client.get_run(run_id).data.metrics)

    def repeat(self, run_id: str, flights: pd.DataFrame) -> Repeat:
        """Train a run's model again, from its record alone.

        Parameters
        ----------
        run_id : str
            The run.
        flights : pandas.DataFrame
            The data of the run; the record knows their digest.

        Raises
        ------
        TrackingError
            If there is no record, or these are other data.
        """
        record = self.record(run_id)
        training = fit(flights, Recipe(**record["recipe"]))
        if training.record["data"] != record["data"]:
            raise TrackingError(
                f"These are not the data of the run: {record['data']['rows']:,} rows with the "
                f"digest {record['data']['digest'][:12]} are wanted, and here are "
                f"{training.record['data']['rows']:,} with "
                f"{training.record['data']['digest'][:12]}."
            )
        changed = [
            name
            for name, was, now in (
                ("code", record["code"]["digest"], training.record["code"]["digest"]),
                ("environment", record["environment"], training.record["environment"]),
            )
            if was != now
        ]
        return Repeat(training, self.metrics(run_id), tuple(changed))

    @cached_property
    def experiment_id(self) -> str:
        """The experiment's id; it is made if it doesn't exist."""
        found = self._client.get_experiment_by_name(self.experiment)
        if found:
            return found.experiment_id
        place = self.artifacts.absolute().as_uri() if self.artifacts else None
        return self._client.create_experiment(self.experiment, artifact_location=place)

    @cached_property
    def _client(self) -> Any:
        with quietly():
            from mlflow import MlflowClient

            client = MlflowClient(self.uri)
            # Makes the database, if there is none.
            client.search_experiments(max_results=1)
        return client

    @contextmanager
    def active(self) -> Iterator[Any]:
        """Give MLflow with this store as the one that its functions use."""
        with quietly():
            import mlflow
            import mlflow.sklearn
        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(self.uri)
        try:
            with quietly():
                yield mlflow
        finally:
            mlflow.set_tracking_uri(before)

    def _log_batch(
        self,
        run_id: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        moment: int | None,
    ) -> None:
        from mlflow.entities import Metric, Param
        from mlflow.utils.time import get_current_time_millis

        now = moment or get_current_time_millis()
        self._client.log_batch(
            run_id,
            metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items()],
            params=[Param(name, str(value)) for name, value in parameters.items()],
        )

    def _log_dataset(self, run_id: str, data: Mapping[str, Any], recipe: Recipe) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        source = json.dumps({"tags": {"mlflow.source.name": "flightline"}})
        profile = json.dumps({"num_rows": data["rows"]})
        dataset = Dataset("flights", data["digest"][:32], "code", source, profile=profile)
        context = InputTag("mlflow.data.context", f"{recipe.learn}, {recipe.judge}")
        self._client.log_inputs(run_id, [DatasetInput(dataset, [context])])

    def _log_model(self, run_id: str, training: Training) -> None:
        with self.active() as mlflow, mlflow.start_run(run_id=run_id):
            mlflow.sklearn.log_model(
                training.model,
                name="model",
                signature=model_signature(training.example),
                input_example=as_served(training.example).head(1),
                pyfunc_predict_fn="predict_proba",
                serialization_format="cloudpickle",
                # Without it MLflow imports the model in another process to find them.
                pip_requirements=[f"scikit-learn=={installed('scikit-learn')}"],
            )


def as_served(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the types that a request has: texts, whole numbers and doubles."""
    categories = table.select_dtypes("category").columns
    whole = table.select_dtypes("integer").columns
    return table.astype({**dict.fromkeys(categories, str), **dict.fromkeys(whole, "int64")})


def model_signature(example: pd.DataFrame) -> Any:
    """Return the signature of a classifier that takes such rows and returns two probabilities.

    By hand, because inferred columns have no type where the example holds nothing but ``NaN``.
    """
    with quietly():
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema, TensorSpec
    rows = as_served(example)
    columns = [ColSpec(TYPES[rows[name].dtype.kind], str(name)) for name in rows]
    return ModelSignature(Schema([*columns]), Schema([TensorSpec(np.dtype(float), (-1, 2))]))


# --- reading it ----------------------------------------------------------------------------------


def best_run(runs: pd.DataFrame, most_kb: float, least_rows: int) -> str | None:
    """Return the run with the least cost among those that are small and serious enough.

    Parameters
    ----------
    runs : pandas.DataFrame
        As `Tracker.runs` gives it: `run_id`, `status`, `params.rows` (texts), `metrics.cost`,
        `metrics.size_kb`.
    most_kb : float
        The largest size of the model, itself allowed.
    least_rows : int
        The least number of rows, itself allowed.

    Returns
    -------
    str or None
        The run's id, of equal costs that of the smallest model; None if there is none.
    """
    rows = pd.to_numeric(runs["params.rows"], errors="coerce")
    fits = (runs["status"] == "FINISHED") & (runs["metrics.size_kb"] <= most_kb)
    fitting = runs[fits & (rows >= least_rows) & runs["metrics.cost"].notna()]
    if fitting.empty:
        return None
    return str(fitting.sort_values(["metrics.cost", "metrics.size_kb"])["run_id"].iloc[0])


def contenders(costs: pd.DataFrame, days: Sequence[object] | np.ndarray) -> list[str]:
    """Return the runs that can't be told from the best: the pairwise interval reaches 0.

    Parameters
    ----------
    costs : pandas.DataFrame
        What each judged flight cost, one row for each flight and one column for each run.
    days : array, shape (n,)
        The day on which each flight departs.

    Returns
    -------
    list of str
        The best run is among them.
    """
    best = costs[costs.mean().idxmin()]
    behind = {str(name): (cost - best).to_numpy() for name, cost in costs.items()}
    return [name for name, by in behind.items() if bootstrap_interval(by, days)[0] <= 0]


def compare_records(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return which ingredients of two runs differ, and of which nobody can say.

    Parameters
    ----------
    first, second : mapping
        Ingredients by name; a name that is missing isn't known, and None is a value. A value and
        its text are the same, since MLflow returns texts.

    Returns
    -------
    dict
        `differ`: known in both and not the same; `unknown`: missing in one of them. Sorted.
    """
    both = sorted({*first} & {*second})
    return {
        "differ": [name for name in both if str(first[name]) != str(second[name])],
        "unknown": sorted({*first} ^ {*second}),
    }


def gaps(run: Mapping[str, Any]) -> list[str]:
    """Return what a run leaves open, as far as MLflow itself can show and search it.

    Parameters
    ----------
    run : mapping
        `params` and `metrics` (mappings), `datasets` (mappings with `digest`) and `artifacts`
        (paths), as `Tracker.seen` returns them.

    Returns
    -------
    list of str
        Of ``"data"`` (no digest of the whole table), ``"seed"``, ``"environment"`` (no
        `requirements.txt`) and ``"score"`` (none on flights that were not learned from).
    """
    seeds = {run["params"].get(name, "None") for name in ("seed", "random_state")}
    answered = {
        # MLflow's own digest has 8 digits; it skips rows after 10,000 and columns of True or False.
        "data": any(len(each["digest"]) > 8 for each in run["datasets"]),
        "seed": seeds != {"None"},
        "environment": any(path.split("/")[-1] == "requirements.txt" for path in run["artifacts"]),
        "score": any(not name.startswith("training_") for name in run["metrics"]),
    }
    return [name for name, known in answered.items() if not known]


def ingredients(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as one value for each ingredient, for `compare_records`."""
    recipe = Recipe(**record["recipe"]).flat()
    return {"data": record["data"]["digest"], "code": record["code"]["digest"], **recipe} | {
        f"version of {name}": value for name, value in record["environment"].items()
    }


# --- for the command -----------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainResult:
    """What `train` made: the run and its metrics."""

    run_id: str
    metrics: dict[str, float]


#: What `train` makes unless it is told otherwise: the tuned model of January to August.
STANDARD = Recipe(kind="tuned", learn="train", judge="test")


def train(
    features: Path,
    uri: str,
    artifacts: Path | None = None,
    recipe: Recipe = STANDARD,
    name: str = "train",
    experiment: str = "flightline",
    progress: Callable[[str], None] = lambda line: None,
) -> TrainResult:
    """Train on the definition's split, and log the run so that it can be repeated.

    Parameters
    ----------
    features : pathlib.Path
        A Parquet file with the columns in `NEEDED`.
    uri, artifacts, experiment
        As for `Tracker`.
    recipe : Recipe
        How; the default trains on January to August and judges on September to December.
    name : str
        Of the run.
    progress : callable
        Gets one line for each step.

    Returns
    -------
    TrainResult
        The run holds the record, the metrics and the model.

    Raises
    ------
    TrackingError
        If the file can't be read, or its flights can't be trained on.
    """
    progress(f"Reading {features.name}")
    try:
        flights = pd.read_parquet(features)
    except (OSError, ValueError) as error:
        reason = "isn't there" if isinstance(error, FileNotFoundError) else "isn't a Parquet file"
        raise TrackingError(f"{features} {reason}: make the features first.") from None
    progress(f"Training on `{recipe.learn}`, judging on `{recipe.judge}`")
    training = fit(flights, recipe)
    progress(f"Logging to the experiment {experiment}")
    run_id = Tracker(uri, artifacts, experiment).log(training, name, with_model=True)
    return TrainResult(run_id, training.metrics)


@contextmanager
def tracking_server(
    backend: str,
    artifacts: Path,
    password: str | None = None,
    seconds: float = 180,
) -> Iterator[str]:
    """Run a tracking server with its pages on 127.0.0.1 for the length of a ``with`` block.

    Parameters
    ----------
    backend : str
        Its database, as a URI of SQLAlchemy: ``sqlite:///...`` or ``postgresql+psycopg://...``.
    artifacts : pathlib.Path
        The folder in which it keeps the files that clients send.
    password : str, optional
        Of the user `admin`, at least 12 characters. With it nobody gets in without a name and a
        password; clients read MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
    seconds : float
        How long the start may take.

    Yields
    ------
    str
        The URL, which is a tracking URI. The server ends with the block, or with this process.
    """
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--backend-store-uri", backend, "--workers", "1"]
    command += ["--artifacts-destination", artifacts.absolute().as_uri()]
    env = {**QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with TemporaryDirectory() as folder:
        if password is not None:
            users = Path(folder, "basic_auth.ini")
            database = Path(folder, "users.db").as_posix()
            users.write_text(
                f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{database}\n"
                "admin_username = admin\n"
                "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
                encoding="utf-8",
            )
            command += ["--app-name", "basic-auth"]
            env |= {
                "MLFLOW_AUTH_CONFIG_PATH": str(users),
                "MLFLOW_AUTH_ADMIN_PASSWORD": password,
                "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(32),
            }
        with serving(command, "/health", port, env, seconds) as url:
            yield url
