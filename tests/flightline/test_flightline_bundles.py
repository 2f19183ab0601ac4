"""A bundle is what was exported, or it is refused; a deployment is read whole."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flightline.bundles import (
    BundleError,
    Deployment,
    load_bundle,
    read_deployment,
    save_bundle,
    write_deployment,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = LogisticRegression().fit(np.array([[0.0], [1.0]]), [0, 1])
    for version in (1, 2):
        save_bundle(tmp_path, model, version, {"inputs": {"x": "double"}, "commit": "abc"})
    return tmp_path


def test_a_bundle_comes_back_with_its_model_and_what_is_known_of_it(folder: Path) -> None:
    bundle = load_bundle(folder, 2)
    assert (bundle.version, bundle.inputs) == (2, {"x": "double"})
    assert bundle.metadata["commit"] == "abc"
    assert bundle.model.predict(np.array([[1.0]])) == 1


def test_a_version_that_is_there_is_never_overwritten(folder: Path) -> None:
    save_bundle(folder, "another model", 1, {"inputs": {}})
    assert load_bundle(folder, 1).inputs == {"x": "double"}
    assert not list(folder.glob("*.part"))


def test_a_missing_version_is_named(folder: Path) -> None:
    with pytest.raises(BundleError, match="no bundle of version 7"):
        load_bundle(folder, 7)


def test_a_damaged_model_is_refused_before_it_is_loaded(folder: Path) -> None:
    with (folder / "1" / "model.joblib").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="version 1 is damaged"):
        load_bundle(folder, 1)


def test_another_minor_version_of_scikit_learn_is_refused(folder: Path) -> None:
    path = folder / "1" / "bundle.json"
    metadata = json.loads(path.read_text())
    metadata["made_with"]["scikit-learn"] = "0.24.2"
    path.write_text(json.dumps(metadata))
    with pytest.raises(BundleError, match=r"made with scikit-learn 0\.24\.2"):
        load_bundle(folder, 1)


def test_an_empty_folder_deploys_nothing(tmp_path: Path) -> None:
    assert read_deployment(tmp_path) == Deployment()


def test_a_deployment_is_read_as_it_was_written(folder: Path) -> None:
    deployment = Deployment(champion=1, canary=2, share=0.1, salt="a")
    write_deployment(folder, deployment)
    assert read_deployment(folder) == deployment


def test_a_deployment_needs_its_bundles(folder: Path) -> None:
    with pytest.raises(BundleError, match="no bundle of version 3"):
        write_deployment(folder, Deployment(champion=1, shadow=3))
    assert read_deployment(folder) == Deployment()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(BundleError, match="between 0 and 1"):
        Deployment(champion=1, canary=2, share=share)


def test_a_canary_needs_a_champion() -> None:
    with pytest.raises(BundleError, match="needs a champion"):
        Deployment(canary=2, share=0.1)


def test_a_damaged_deployment_is_named(folder: Path) -> None:
    (folder / "deployment.json").write_text('{"champion": 1,')
    with pytest.raises(BundleError, match=r"deployment\.json isn't a deployment"):
        read_deployment(folder)


def test_a_reader_never_sees_half_a_deployment(folder: Path) -> None:
    write_deployment(folder, Deployment(champion=1))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for version in (1, 2):
                write_deployment(folder, Deployment(champion=version, salt="x" * 2_000))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {read_deployment(folder).champion for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert seen <= {1, 2}
