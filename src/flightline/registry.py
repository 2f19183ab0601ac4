"""The registry: every version of the model, which one serves, and how to go back.

MLflow holds the versions with their signatures, and the aliases `champion` and `challenger`. It
keeps no history of an alias, so that this module writes one: without it nobody can say which
version to go back to.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pandas as pd

from flightline.bundles import Deployment, read_deployment, save_bundle, write_deployment
from flightline.gates import Decision
from flightline.tracking import Tracker, as_served, model_signature, quietly

Event = Literal["promote", "rollback", "by hand"]

CHAMPION, CHALLENGER = "champion", "challenger"
HISTORY = "champion.history"
REVIEW = "review"
#: Moves of the champion that are kept.
LONGEST_HISTORY = 50
#: A slice with fewer judged flights decides nothing.
SMALLEST_SLICE = 200

#: Which types of a served column a model's column may be read from without loss.
READS = {
    "double": ("double", "long", "integer"),
    "long": ("long", "integer"),
    "integer": ("integer",),
    "string": ("string",),
}


class PromotionError(ValueError):
    """A version may not become champion, or there is none to go back to."""


def objections(
    candidate: Mapping[str, Any],
    served: Mapping[str, str],
    slices: pd.DataFrame,
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
    slack : float
        In no slice of at least `SMALLEST_SLICE` flights the difference may be above this.

    Returns
    -------
    list of str
        Of ``"not better"``, ``"slice"``, ``"inputs"`` and ``"seen"`` (judged on days that it was
        trained on), in this order.
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
        Moves of the champion, the oldest first: ``{"event": "promote", "version": 2}``, with the
        events in `Event`. The last says which version serves.
    versions : mapping
        The versions that still exist, and the inputs of each: column to type.
    served : mapping of str
        The columns that the service can provide today, and their types.

    Returns
    -------
    int or None
        The latest that served before, that nobody ever rolled back from, that still exists and
        whose inputs the service can still provide; None if there is none.
    """
    bad = rolled_back(history)
    order = [move["version"] for move in history]
    for version in reversed(order):
        if version in bad or version == order[-1] or version not in versions:
            continue
        if all(
            served.get(name) in READS.get(needed, (needed,))
            for name, needed in versions[version].items()
        ):
            return version
    return None


def rolled_back(history: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the versions that somebody rolled back from, for a history of moves."""
    return {before["version"] for before, move in pairwise(history) if move["event"] == "rollback"}


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
        rows = as_served(example[list(model.feature_names_in_)])
        with (
            self._tracker.active() as mlflow,
            mlflow.start_run(experiment_id=self._tracker.experiment_id) as run,
        ):
            logged = mlflow.sklearn.log_model(
                model,
                name="model",
                signature=model_signature(rows),
                input_example=rows.head(1),
                pyfunc_predict_fn="predict_proba",
                serialization_format="cloudpickle",
                # Without it MLflow imports the model in another process to find them.
                pip_requirements=[f"scikit-learn=={installed('scikit-learn')}"],
            )
        return self._next_version(run.info.run_id, logged.model_id, tags)

    def register_run(self, run_id: str, tags: Mapping[str, str] | None = None) -> int:
        """Make the model that a run logged the next version, unless it is one already.

        Parameters
        ----------
        run_id : str
            Of `flightline.tracking`, logged with its model.
        tags : mapping of str, optional
            As for `register`.

        Returns
        -------
        int
            The version. The alias `challenger` points to a new one.

        Raises
        ------
        PromotionError
            If the run logged no model.
        """
        found = self._client.search_model_versions(f"name='{self.name}' and run_id='{run_id}'")
        if found:
            return int(found[0].version)
        logged = self._client.get_run(run_id).outputs.model_outputs
        if not logged:
            raise PromotionError(f"The run {run_id[:8]} logged no model: train with it again.")
        return self._next_version(run_id, logged[-1].model_id, tags)

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
        with quietly():
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

    def review(
        self,
        version: int,
        decision: Decision,
        flights: Mapping[str, int],
        judged_from: date,
        served: Mapping[str, str],
    ) -> list[str]:
        """Note what the gates say about a version, and return every reason against it.

        Parameters
        ----------
        version : int
            With the tag `trained_until`, a date in ISO 8601.
        decision : flightline.gates.Decision
            Of the gate that compared this version with the champion.
        flights : mapping of str to int
            How many flights were judged in each slice of the decision.
        judged_from : datetime.date
            The first day of the judged flights.
        served : mapping of str
            The columns that the service can provide, and their types.

        Returns
        -------
        list of str
            As from `objections`.
        """
        candidate = {
            "action": decision.action,
            "inputs": self.inputs(version),
            "trained_until": date.fromisoformat(self.tags(version)["trained_until"]),
            "judged_from": judged_from,
        }
        rows = [(name, flights[name], value) for name, value in decision.slices.items()]
        slices = pd.DataFrame(rows, columns=["slice", "flights", "difference"])
        found = objections(candidate, served, slices)
        review = {"champion": self.version(CHAMPION), "gate": decision.reason, "objections": found}
        self._client.set_model_version_tag(self.name, str(version), REVIEW, json.dumps(review))
        return found

    def object_to(self, version: int, reasons: Sequence[str]) -> None:
        """Note more reasons against a version that was reviewed, such as a shadow finds.

        Raises
        ------
        PromotionError
            If the version wasn't reviewed.
        """
        review = self._review(version)
        if review is None:
            raise PromotionError(f"Version {version} was never reviewed: review it first.")
        review["objections"] += [each for each in reasons if each not in review["objections"]]
        self._client.set_model_version_tag(self.name, str(version), REVIEW, json.dumps(review))

    def promote(self, version: int) -> None:
        """Let a version serve, if nothing stands against it.

        Parameters
        ----------
        version : int
            That was reviewed (`review`) against the version that serves now, without objections,
            and that nobody has rolled back from.

        Raises
        ------
        PromotionError
            With every reason why not. The aliases stay as they are.
        """
        champion, review = self.version(CHAMPION), self._review(version)
        if review is None:
            reasons = ["it was never reviewed"]
        elif review["champion"] != champion:
            judged = f"version {review['champion']}" if review["champion"] else "no version"
            reasons = [f"it was reviewed against {judged}, and version {champion} serves"]
        else:
            reasons = []
        reasons += review["objections"] if review else []
        if version in rolled_back(self.history()):
            reasons.append("it was rolled back from")
        if reasons:
            raise PromotionError(f"Version {version} may not serve: {'; '.join(reasons)}.")
        self.move(version, "promote")

    def move(self, version: int, event: Event) -> None:
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
        with quietly():
            import mlflow.sklearn
        with self._files(version) as place, quietly():
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

    def _next_version(self, run_id: str, model_id: str, tags: Mapping[str, str] | None) -> int:
        # The database looks the model up at the tracking URI of the process.
        with self._tracker.active():
            created = self._client.create_model_version(
                self.name,
                f"models:/{model_id}",
                run_id=run_id,
                tags=dict(tags or {}),
                model_id=model_id,
            )
        version = int(created.version)
        self._client.set_registered_model_alias(self.name, CHALLENGER, str(version))
        return version

    def _review(self, version: int) -> dict[str, Any] | None:
        noted = self.tags(version).get(REVIEW)
        return json.loads(noted) if noted else None

    @cached_property
    def _client(self) -> Any:
        with quietly():
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException

            client = MlflowClient(self.uri, self.uri)
            try:
                client.get_registered_model(self.name)
            except MlflowException:
                client.create_registered_model(self.name)
        return client

    @cached_property
    def _tracker(self) -> Tracker:
        return Tracker(self.uri, self.artifacts, self.name)

    @contextmanager
    def _files(self, version: int) -> Iterator[str]:
        """Give the folder of a version's files, fetched from the server if it must be."""
        with quietly():
            from mlflow.artifacts import download_artifacts
        uri = self._client.get_model_version_download_uri(self.name, str(version))
        with TemporaryDirectory() as folder:
            yield download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=self.uri)
