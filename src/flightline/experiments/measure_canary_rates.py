"""The replays behind `flightline.experiments.canary_rates`."""

from typing import Any

import numpy as np

from flightline import canary, delivery_models
from flightline.data import load_flights
from flightline.experiments.canary_rates import ROUNDS, RULES, SHARES
from flightline.scoring import cost_per_flight, model_input, served_flights
from flightline.snapshots import all_snapshots

FIRST_DAY = "2013-11-01"
SEED = 11


def measure_canary_rates() -> dict[str, Any]:
    """Train the models, let them answer for September to December, and replay canaries."""
    flights = load_flights()
    flights = served_flights(flights, all_snapshots(flights))
    local = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    flights = flights.assign(day=local.dt.strftime("%Y-%m-%d"))[local.dt.month >= 9]
    table, late = model_input(flights), flights["is_late"].to_numpy()

    def costs(model: Any) -> np.ndarray:
        return cost_per_flight(late, delivery_models.late_probability(model, table).to_numpy())

    champion = costs(delivery_models.half_year_model())
    canaries = {
        "same": champion,
        "repaired": costs(delivery_models.tuned_model()),
        "hours": costs(delivery_models.colleague_model()),
        "timetable": costs(delivery_models.timetable_model()),
    }
    days = flights["day"].to_numpy()
    mixed = np.random.default_rng(SEED).permutation(days)
    cases = {}
    for name, cost in canaries.items():
        for share in SHARES:
            cases[f"{name} {share:g}"] = _case(champion, cost, days, mixed, share)
            print(name, share, flush=True)
    return {
        "flights": len(flights),
        "rounds": ROUNDS,
        "champion": round(float(champion.mean()), 4),
        "cost": {name: round(float(cost.mean()), 4) for name, cost in canaries.items()},
        "swing": {name: _swing(cost - champion, days) for name, cost in canaries.items()},
        "error": {f"{share:g}": _error(champion, days, share) for share in SHARES},
        "cases": cases,
    }


def _swing(above: np.ndarray, days: np.ndarray) -> float:
    codes = np.unique(days, return_inverse=True)[1]
    return round(float((np.bincount(codes, above) / np.bincount(codes)).std(ddof=1)), 3)


def _error(cost: np.ndarray, days: np.ndarray, share: float) -> float:
    chosen = np.random.default_rng(SEED).random(len(days)) < share
    return round(float(np.median(canary.daily_differences(cost, days, chosen)[1])), 3)


def _case(
    champion: np.ndarray, cost: np.ndarray, days: np.ndarray, mixed: np.ndarray, share: float
) -> dict[str, Any]:
    outcomes = canary.simulate(champion, cost, days, share, rounds=ROUNDS, seed=SEED)
    again = canary.simulate(champion, cost, mixed, share, rounds=ROUNDS, seed=SEED)
    outcomes["mixed"] = again["sequential"]
    per_day = len(days) / len(np.unique(days))
    harm = float((cost - champion).mean()) * share * per_day
    rules = {}
    for rule in RULES:
        found = {name: round(value, 3) for name, value in canary.rates(outcomes[rule]).items()}
        looks = float(np.mean([outcome.looks for outcome in outcomes[rule]]))
        rules[rule] = {**found, "excess": round(harm * looks, 1)}
    return {"rules": rules, **_path(champion, cost, days, share)}


def _path(champion: np.ndarray, cost: np.ndarray, days: np.ndarray, share: float) -> dict[str, Any]:
    dates = np.unique(days)
    first = int(np.searchsorted(dates, FIRST_DAY))
    chosen = np.isin(days, dates[first : first + canary.LAST_DAY])
    answers = np.random.default_rng(SEED).random(int(chosen.sum())) < share
    mixed = np.where(answers, cost[chosen], champion[chosen])
    compared = canary.daily_differences(mixed, days[chosen], answers)
    outcome = canary.sequential_test(*compared)
    ratios = canary.evidence(*compared)[: outcome.looks]
    return {
        "path": [round(float(ratio), 2) for ratio in ratios],
        "decision": outcome.action,
        "looks": outcome.looks,
    }
