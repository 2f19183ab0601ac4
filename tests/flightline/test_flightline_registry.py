"""The registry: versions with signatures, aliases with a history, and a way back."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flightline import delivery_models
from flightline.bundles import Deployment, load_bundle, read_deployment
from flightline.gates import Decision
from flightline.registry import (
    PromotionError,
    Registry,
    objections,
    rollback_target,
)
from flightline.scoring import INPUTS, load_scoring_flights, model_input
from flightline.tracking import as_served

SERVED = {"distance": "long", "carrier": "string", "delay": "double"}
GOOD = {
    "action": "promote",
    "inputs": {"distance": "long", "delay": "double"},
    "trained_until": date(2013, 6, 30),
    "judged_from": date(2013, 7, 1),
}
SLICES = pd.DataFrame({"slice": ["EWR", "HNL"], "flights": [3_000, 12], "difference": [-0.01, 0.2]})


def test_a_version_without_fault_may_serve_and_a_small_slice_decides_nothing() -> None:
    assert objections(GOOD, SERVED, SLICES) == []


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"action": "keep"}, "not better"),
        ({"inputs": {"wind": "double"}}, "inputs"),
        ({"inputs": {"distance": "integer"}}, "inputs"),
        ({"inputs": {"carrier": "double"}}, "inputs"),
        ({"judged_from": date(2013, 6, 30)}, "seen"),
    ],
)
def test_each_fault_is_one_objection(change: dict[str, Any], objection: str) -> None:
    assert objections({**GOOD, **change}, SERVED, SLICES) == [objection]


def test_a_whole_number_may_be_read_as_a_double() -> None:
    assert objections({**GOOD, "inputs": {"distance": "double"}}, SERVED, SLICES) == []


def test_harm_in_a_large_slice_and_every_other_objection_are_told_together() -> None:
    harmed = SLICES.assign(flights=300)
    every = {**GOOD, "action": "wait", "inputs": {"wind": "double"}}
    every |= {"trained_until": date(2013, 1, 1), "judged_from": date(2013, 1, 1)}
    expected = ["not better", "slice", "inputs", "seen"]
    assert objections(every, SERVED, harmed) == expected


def moves(*events: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"event": event, "version": version} for event, version in events]


ALL = {version: {"delay": "double"} for version in range(1, 6)}


@pytest.mark.parametrize(
    ("history", "target"),
    [
        (moves(), None),
        (moves(("promote", 1)), None),
        (moves(("promote", 1), ("promote", 2)), 1),
        (moves(("promote", 1), ("promote", 2), ("rollback", 1)), None),
        (moves(("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 3)), 1),
        (moves(("promote", 1), ("promote", 2), ("promote", 3), ("rollback", 2)), 1),
        (moves(("promote", 2), ("promote", 1), ("promote", 3)), 1),
        (moves(("promote", 1), ("promote", 2), ("promote", 1)), 2),
        (moves(("promote", 1), ("by hand", 2), ("promote", 3)), 2),
        (moves(("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 2), ("promote", 3)), 1),
    ],
)
def test_the_way_back_leads_to_the_last_good_version(
    history: list[dict[str, Any]], target: int | None
) -> None:
    assert rollback_target(history, ALL, SERVED) == target


def test_a_version_that_is_gone_or_that_cannot_be_fed_is_no_way_back() -> None:
    history = moves(("promote", 1), ("promote", 2), ("promote", 3), ("promote", 4))
    versions = {**ALL, 3: {"wind": "double"}}
    del versions[2]
    assert rollback_target(history, versions, SERVED) == 1


@pytest.fixture(scope="module")
def models() -> list[Any]:
    return [delivery_models.timetable_model(), delivery_models.half_year_model()]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, models: list[Any]) -> Registry:
    place = tmp_path_factory.mktemp("registry")
    made = Registry(f"sqlite:///{place / 'mlflow.db'}", place / "artifacts")
    example = model_input(load_scoring_flights("live").head(20))
    for model in models:
        made.register(model, example, {"trained_until": "2013-06-30"})
    return made


JULY = date(2013, 7, 1)
FLIGHTS = {"EWR": 500, "JFK": 100}
PROMOTE = Decision("promote", "error -0.01: better", slices={"EWR": -0.1, "JFK": 0.1})


def test_a_registered_version_has_its_signature_its_example_and_its_tags(
    registry: Registry,
) -> None:
    assert registry.inputs(1) == {
        "departure_minute": "long",
        "weekday": "long",
        "scheduled_minutes": "double",
        "distance": "long",
        "carrier": "string",
        "origin": "string",
        "dest": "string",
    }
    assert registry.tags(2) == {"trained_until": "2013-06-30"}
    assert registry.version("challenger") == 2
    with registry._files(2) as place:
        example = json.loads((Path(place) / "input_example.json").read_text())
    assert example["columns"] == list(registry.inputs(2))


def test_the_columns_of_the_service_are_those_of_its_models(registry: Registry) -> None:
    assert registry.inputs(2) == INPUTS


def test_a_review_knows_what_a_version_needs_and_when_it_was_trained(registry: Registry) -> None:
    harmed = FLIGHTS | {"JFK": 300}
    assert registry.review(2, PROMOTE, harmed, JULY, SERVED) == ["slice", "inputs"]
    assert registry.review(2, PROMOTE, FLIGHTS, date(2013, 6, 30), INPUTS) == ["seen"]


def test_promotion_moves_the_alias_and_refusal_moves_nothing(registry: Registry) -> None:
    with pytest.raises(PromotionError, match=r"Version 1 may not serve: it was never reviewed\."):
        registry.promote(1)
    with pytest.raises(PromotionError, match="never reviewed: review it first"):
        registry.object_to(1, ["shadow"])
    keep = Decision("keep", "not better", slices=PROMOTE.slices)
    assert registry.review(1, keep, FLIGHTS, JULY, SERVED) == ["not better", "inputs"]
    with pytest.raises(PromotionError, match=r"Version 1 may not serve: not better; inputs\."):
        registry.promote(1)
    assert registry.version("champion") is None
    for version in (1, 2):
        assert registry.review(version, PROMOTE, FLIGHTS, JULY, INPUTS) == []
        registry.promote(version)
    assert registry.aliases() == {"champion": 2}
    assert registry.history() == moves(("promote", 1), ("promote", 2))


def test_a_review_against_another_champion_and_an_objection_of_a_shadow_are_refused(
    registry: Registry,
) -> None:
    stale = "Version 1 may not serve: it was reviewed against no version, and version 2 serves"
    with pytest.raises(PromotionError, match=stale):
        registry.promote(1)
    registry.review(1, PROMOTE, FLIGHTS, JULY, INPUTS)
    registry.object_to(1, ["55 answers differ"])
    with pytest.raises(PromotionError, match=r"Version 1 may not serve: 55 answers differ\."):
        registry.promote(1)
    assert registry.version("champion") == 2


def test_an_exported_bundle_answers_as_the_model_did(
    registry: Registry, models: list[Any], tmp_path: Path
) -> None:
    registry.export(2, tmp_path)
    bundle = load_bundle(tmp_path, 2)
    assert bundle.inputs == registry.inputs(2)
    assert bundle.metadata["trained_until"] == "2013-06-30"
    table = model_input(load_scoring_flights("live").head(50))
    expected = delivery_models.late_probability(models[1], table)
    assert (delivery_models.late_probability(bundle.model, table) == expected).all()


def test_rollback_goes_to_the_version_before_and_is_in_the_history(
    registry: Registry, tmp_path: Path
) -> None:
    assert registry.rollback(registry.inputs(2)) == 1
    assert registry.aliases() == {"champion": 1}
    assert registry.history()[-1] == {"event": "rollback", "version": 1}
    with pytest.raises(PromotionError, match="no good version"):
        registry.rollback(registry.inputs(2))
    registry.review(2, PROMOTE, FLIGHTS, JULY, INPUTS)
    with pytest.raises(PromotionError, match=r"Version 2 may not serve: it was rolled back from\."):
        registry.promote(2)
    assert registry.deploy(tmp_path) == read_deployment(tmp_path)
    assert read_deployment(tmp_path).champion == 1


def test_a_challenger_is_deployed_as_a_shadow_or_as_a_canary(
    registry: Registry, models: list[Any], tmp_path: Path
) -> None:
    example = model_input(load_scoring_flights("live").head(20))
    version = registry.register(models[1], example)
    assert registry.deploy(tmp_path) == Deployment(1, shadow=version, salt="version 3")
    canary = registry.deploy(tmp_path, canary=True, share=0.1)
    assert canary == Deployment(1, canary=version, share=0.1, salt="version 3")
    assert load_bundle(tmp_path, version).version == version


def test_nothing_can_be_deployed_before_the_first_promotion(tmp_path: Path) -> None:
    empty = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", name="empty")
    with pytest.raises(PromotionError, match="no champion yet"):
        empty.deploy(tmp_path)


def test_a_served_table_holds_texts_whole_numbers_and_doubles() -> None:
    table = as_served(model_input(load_scoring_flights("live").head(2)))
    assert {str(kind) for kind in table.dtypes} == {"int64", "float64", "object"}
