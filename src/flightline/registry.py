"""The registry: every version of the model, which one serves, and how to go back.

MLflow holds the versions with their signatures, and the aliases `champion` and `challenger`. It
keeps no history of an alias, so that this module writes one: without it nobody can say which
version to go back to.
"""

import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from flightline.bundles import Deployment, read_deployment, save_bundle, write_deployment
from flightline.gates import Decision

CHAMPION, CHALLENGER = "champion", "challenger"
HISTORY = "champion.history"
#: Moves of the champion that are kept.
LONGEST_HISTORY = 50
#: A model that was trained longer ago has not seen the season it is asked about.
STALE_AFTER = timedelta(days=120)
#: A slice with fewer judged flights decides nothing.
SMALLEST_SLICE = 200

#: Which types of a served column a model's column may be read from without loss.
READS = {
    "double": ("double", "long", "integer"),
    "long": ("long", "integer"),
    "integer": ("integer",),
    "string": ("string",),
}

#: MLflow's types by the kind of a column that `as_served` returns.
TYPES = {"f": "double", "i": "long", "O": "string"}

#: What keeps MLflow quiet; it reads these when it is imported.
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class PromotionError(ValueError):
    """A version may not become champion, or there is none to go back to."""


def objections(
    candidate: Mapping[str, Any],
    served: Mapping[str, str],
    slices: pd.DataFrame,
    today: date,
    slack: float = 0.005,
) -> list[str]:
    """Return every reason why a version must not serve; none means that it may.

    Parameters
    ----------
    candidate : mapping
        `action` (what `flightline.gates.judge` said), `inputs` (column to type), `trained_until`
        and `judged_from` (dates).
    served : mapping of str
        The columns that the service can provide, and their types.
    slices : pandas.DataFrame
        `slice`, `flights` and `difference`: challenger minus champion in mean squared error.
    today : datetime.date
        The day of the decision.
    slack : float
        In no slice of at least `SMALLEST_SLICE` flights the difference may be above this.

    Returns
    -------
    list of str
        Of ``"not better"``, ``"slice"``, ``"inputs"``, ``"seen"`` (judged on days that it was
        trained on) and ``"stale"``, in this order.
    """
    large = slices[slices["flights"] >= SMALLEST_SLICE]
    provided = [
        served.get(name) in READS.get(needed, (needed,))
        for name, needed in candidate["inputs"].items()
    ]
    found = {
        "not better": candidate["action"] != "promote",
        "slice": bool((large["difference"] > slack).any()),
        "inputs": not all(provided),
        "seen": candidate["trained_until"] >= candidate["judged_from"],
        "stale": today - candidate["trained_until"] > STALE_AFTER,
    }
    return [reason for reason, applies in found.items() if applies]


def rollback_target(
    history: Sequence[Mapping[str, Any]],
    versions: Mapping[int, Mapping[str, str]],
    served: Mapping[str, str],
) -> int | None:
    """Return the version to go back to.

    Parameters
    ----------
    history : sequence of mappings
        Moves of the champion, the oldest first: ``{"event": "promote", "version": 2}`` or
        ``{"event": "rollback", "version": 1}``. The last says which version serves.
    versions : mapping
        The versions that still exist, and the inputs of each: column to type.
    served : mapping of str
        The columns that the service can provide today, and their types.

    Returns
    -------
    int or None
        The latest that served before, that nobody rolled back from, that still exists and whose
        inputs the service can still provide; None if there is none.
    """
    bad: set[int] = set()
    order: list[int] = []
    for move in history:
        if move["event"] == "rollback":
            bad.add(order[-1])
        order.append(move["version"])
    for version in reversed(order):
        if version in bad or version == order[-1] or version not in versions:
            continue
        if all(
            served.get(name) in READS.get(needed, (needed,))
            for name, needed in versions[version].items()
        ):
            return version
    return None


@dataclass(frozen=True)
class Registry:
    """A registered model in MLflow.

    Parameters
    ----------
    uri
        Of the tracking server or its database: ``"sqlite:////absolute/path/mlflow.db"``,
        ``"http://127.0.0.1:5000"``.
    artifacts
        Where the models' files go, if the experiment doesn't exist yet; by default what the server
        decides.
    name
        Of the model and of its experiment.
    """

    uri: str
    artifacts: Path | None = None
    name: str = "flightline"

    def register(
        self, model: Any, example: pd.DataFrame, tags: Mapping[str, str] | None = None
    ) -> int:
        """Log a model with its signature and an input example, and make it the next version.

        Parameters
        ----------
        model
            A fitted scikit-learn classifier.
        example : pandas.DataFrame
            A few rows of what it was trained on.
        tags : mapping of str, optional
            Of the version: `trained_until`, the hash of the data, the commit.

        Returns
        -------
        int
            The version, counted from 1. The alias `challenger` points to it.
        """
        with _quietly():
            import mlflow
            from mlflow.models import ModelSignature, infer_signature
            from mlflow.types import ColSpec, Schema
        rows = as_served(example[list(model.feature_names_in_)])
        with _quietly():
            answers = infer_signature(rows, model.predict_proba(example[rows.columns]))
        # Inferred inputs would have no type where the example holds nothing but NaN.
        columns = [ColSpec(TYPES[rows[name].dtype.kind], str(name)) for name in rows]
        signature = ModelSignature(Schema([*columns]), answers.outputs)
        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(self.uri)
        try:
            with _quietly(), mlflow.start_run(experiment_id=self._experiment) as run:
                logged = mlflow.sklearn.log_model(
                    model,
                    name="model",
                    signature=signature,
                    input_example=rows.head(1),
                    pyfunc_predict_fn="predict_proba",
                    serialization_format="cloudpickle",
                    # Without it MLflow imports the model in another process to find them.
                    pip_requirements=[f"scikit-learn=={installed('scikit-learn')}"],
                )
            created = self._client.create_model_version(
                self.name,
                logged.model_uri,
                run_id=run.info.run_id,
                tags=dict(tags or {}),
                model_id=logged.model_id,
            )
        finally:
            mlflow.set_tracking_uri(before)
        version = int(created.version)
        self._client.set_registered_model_alias(self.name, CHALLENGER, str(version))
        return version

    def version(self, alias: str) -> int | None:
        """Return the version that an alias points to, or None."""
        return self.aliases().get(alias)

    def aliases(self) -> dict[str, int]:
        """Return every alias and its version."""
        model = self._client.get_registered_model(self.name)
        return {alias: int(version) for alias, version in sorted(model.aliases.items())}

    def versions(self) -> dict[int, dict[str, str]]:
        """Return every version that exists and its inputs, column to type."""
        found = self._client.search_model_versions(f"name='{self.name}'")
        return {each: self.inputs(each) for each in sorted(int(one.version) for one in found)}

    def inputs(self, version: int) -> dict[str, str]:
        """Return the columns that a version takes, and their types, from its signature."""
        with _quietly():
            from mlflow.models import Model
        with self._files(version) as place:
            signature = Model.load(place).signature
        return {column.name: column.type.name for column in signature.inputs}

    def tags(self, version: int) -> dict[str, str]:
        """Return what was noted about a version."""
        return dict(self._client.get_model_version(self.name, str(version)).tags)

    def history(self) -> list[dict[str, Any]]:
        """Return the moves of the champion, the oldest first."""
        tags = self._client.get_registered_model(self.name).tags
        return json.loads(tags.get(HISTORY, "[]"))

    def objections(
        self,
        version: int,
        decision: Decision,
        flights: Mapping[str, int],
        judged_from: date,
        today: date,
        served: Mapping[str, str],
    ) -> list[str]:
        """Return every reason why a version must not serve, as `objections` does.

        Parameters
        ----------
        version : int
            With the tag `trained_until`, a date in ISO 8601.
        decision : flightline.gates.Decision
            Of the gate that compared it with the champion.
        flights : mapping of str to int
            How many flights were judged in each slice of the decision.
        judged_from, today : datetime.date
            The first day of the judged flights, and the day of the decision.
        served : mapping of str
            The columns that the service can provide, and their types.
        """
        candidate = {
            "action": decision.action,
            "inputs": self.inputs(version),
            "trained_until": date.fromisoformat(self.tags(version)["trained_until"]),
            "judged_from": judged_from,
        }
        rows = [(name, flights[name], value) for name, value in decision.slices.items()]
        slices = pd.DataFrame(rows, columns=["slice", "flights", "difference"])
        return objections(candidate, served, slices, today)

    def promote(self, version: int, decision: Decision, objected: Sequence[str] = ()) -> None:
        """Let a version serve, if the gates let it.

        Parameters
        ----------
        version : int
            The challenger.
        decision : flightline.gates.Decision
            Of the gate that compared it with the champion.
        objected : sequence of str
            As from `objections`.

        Raises
        ------
        PromotionError
            With every reason why not. The aliases stay as they are.
        """
        if decision.action != "promote" or objected:
            reasons = [*([decision.reason] if decision.action != "promote" else []), *objected]
            raise PromotionError(f"Version {version} may not serve: {'; '.join(reasons)}.")
        self._client.set_model_version_tag(self.name, str(version), "gate", decision.reason)
        self.move(version, "promote")

    def move(self, version: int, event: str) -> None:
        """Point the alias `champion` to a version and note it in the history, without a gate."""
        moves = [*self.history(), {"event": event, "version": version}][-LONGEST_HISTORY:]
        self._client.set_registered_model_alias(self.name, CHAMPION, str(version))
        self._client.set_registered_model_tag(self.name, HISTORY, json.dumps(moves))
        if self.version(CHALLENGER) == version:
            self._client.delete_registered_model_alias(self.name, CHALLENGER)

    def rollback(self, served: Mapping[str, str]) -> int:
        """Let the last good version serve again, and return it.

        Parameters
        ----------
        served : mapping of str
            As in `rollback_target`.

        Raises
        ------
        PromotionError
            If there is none to go back to.
        """
        target = rollback_target(self.history(), self.versions(), served)
        if target is None:
            raise PromotionError("There is no good version to go back to.")
        self.move(target, "rollback")
        return target

    def export(self, version: int, folder: Path) -> Path:
        """Write a version as a bundle that a server can load without MLflow."""
        with _quietly():
            import mlflow.sklearn
        with self._files(version) as place, _quietly():
            model = mlflow.sklearn.load_model(place)
        metadata = {"name": self.name, "inputs": self.inputs(version), **self.tags(version)}
        return save_bundle(folder, model, version, metadata)

    def deploy(self, folder: Path, canary: bool = False, share: float = 0.0) -> Deployment:
        """Export what the aliases point to, and let it answer.

        Parameters
        ----------
        folder : pathlib.Path
            That a server watches (`flightline.serving`).
        canary : bool
            Whether the challenger answers for a `share` of the flights; otherwise it is a shadow.
        share : float
            Of the canary, 0 to 1.

        Raises
        ------
        PromotionError
            If there is no champion.
        """
        champion, challenger = self.version(CHAMPION), self.version(CHALLENGER)
        if champion is None:
            raise PromotionError("There is no champion yet: promote a version first.")
        for version in {champion, challenger} - {None}:
            assert version is not None
            self.export(version, folder)
        deployment = Deployment(
            champion,
            canary=challenger if canary else None,
            share=share if canary and challenger else 0.0,
            shadow=None if canary else challenger,
            salt=f"version {challenger}" if challenger else "",
        )
        if deployment != read_deployment(folder):
            write_deployment(folder, deployment)
        return deployment

    @cached_property
    def _client(self) -> Any:
        with _quietly():
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException

            client = MlflowClient(self.uri, self.uri)
            try:
                client.get_registered_model(self.name)
            except MlflowException:
                client.create_registered_model(self.name)
        return client

    @cached_property
    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self.name)
        if found:
            return found.experiment_id
        place = self.artifacts.absolute().as_uri() if self.artifacts else None
        return self._client.create_experiment(self.name, artifact_location=place)

    @contextmanager
    def _files(self, version: int) -> Iterator[str]:
        """Give the folder of a version's files, fetched from the server if it must be."""
        with _quietly():
            from mlflow.artifacts import download_artifacts
        uri = self._client.get_model_version_download_uri(self.name, str(version))
        with TemporaryDirectory() as folder:
            yield download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=self.uri)


def as_served(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the types that a request has: texts, whole numbers and doubles."""
    categories = table.select_dtypes("category").columns
    whole = table.select_dtypes("integer").columns
    return table.astype({**dict.fromkeys(categories, str), **dict.fromkeys(whole, "int64")})


class _quietly(warnings.catch_warnings):  # noqa: N801 - used like a function
    """Silence what MLflow and its database say while they start: nothing a reader can act on."""

    def __enter__(self) -> None:
        super().__enter__()
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        logging.getLogger("alembic").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
