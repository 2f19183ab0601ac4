"""Chapter 13: from costs to a threshold to money."""

from functools import cache

from workbook.explorer import Bar, Bars, Choice, Explorer, Table, View

BASELINES = {
    "never": "never warn",
    "aircraft_last_delay": "the aircraft's last flight was late",
    "origin_recent_delay": "a glance at the board",
}
LIMITS = range(-20, 65, 5)


@cache
def _saving(miss: int, baseline: str) -> tuple[float, float, float, float, float]:
    """Return the costs of never, of the baseline and of the model, then the saving's interval."""
    import numpy as np

    from flightline import business
    from flightline.experiments.worth import load_worth

    costs = business.Costs(miss=miss)
    flights, summer = load_worth("test"), load_worth("tune")
    silence = business.cost_per_flight(flights["is_late"], np.zeros(len(flights)), costs)
    rule = silence
    if baseline != "never":
        limit = business.best_limit(summer[baseline], summer["is_late"], LIMITS, costs)
        rule = business.cost_per_flight(flights["is_late"], flights[baseline] >= limit, costs)
    warned = flights["probability"] >= business.cost_threshold(costs)
    model = business.cost_per_flight(flights["is_late"], warned, costs)
    saving = business.saving_per_1000(rule, model, flights["day"])
    never, without, with_model = (1000 * float(each.mean()) for each in (silence, rule, model))
    return never, without, with_model, saving.low, saving.high


def worth(miss: int, price: int, running: int, baseline: str) -> View:
    """Show the threshold that follows from the costs, the saving, and the money of a year."""
    from flightline import business
    from flightline.memo import recommendation

    silence, rule, model, low, high = _saving(miss, baseline)
    threshold = business.cost_threshold(business.Costs(miss=miss))
    saving = business.Estimate(rule - model, low, high)
    net = business.yearly_value(saving, price, 1000 * running)
    decision = recommendation(net.low, net.high)
    return View(
        headline=(
            f"Warn from {threshold:.2f}. Net a year: {_thousands(net.value)}, interval "
            f"{_thousands(net.low)} to {_thousands(net.high)}: {decision}"
        ),
        parts=(
            Bars(
                "Units per 1,000 flights, September to December (less is better)",
                (
                    Bar("Nobody is warned", silence, f"{silence:.0f}"),
                    Bar("Without the model", rule, f"{rule:.0f}", "accent"),
                    Bar("The model", model, f"{model:.0f}", "good" if model < rule else "bad"),
                ),
                largest=1600,
            ),
            Table(
                "From units to money",
                ("Measure", "Lower end", "Expected", "Upper end"),
                (
                    (
                        "Saved, units per 1,000 flights",
                        *(f"{x:.0f}" for x in (saving.low, saving.value, saving.high)),
                    ),
                    (
                        "Net a year, thousand USD",
                        *(f"{x / 1000:,.0f}" for x in (net.low, net.value, net.high)),
                    ),
                ),
            ),
        ),
        note="A false alarm is one unit. Each rule's limit is chosen anew for the costs, on July "
        "and August. The interval holds the chance of days, nothing else.",
    )


def _thousands(money: float) -> str:
    return f"USD {round(money, -3):,.0f}"


def _state(miss: int, price: int, running: int, baseline: str) -> dict[str, object]:
    return {"miss": miss, "price": price, "running": running, "baseline": baseline}


EXPLORERS = (
    Explorer(
        id="13.worth",
        title="From costs to a threshold to money",
        question="For which costs and prices does the model pay against a glance at the board?",
        parameters=(
            Choice("miss", "A miss costs", tuple((m, f"{m} units") for m in (2, 3, 5, 8, 12))),
            Choice("price", "A unit is worth", tuple((p, f"USD {p}") for p in (2, 5, 10, 20))),
            Choice(
                "running",
                "Running it costs a year",
                tuple((r, f"USD {r},000") for r in (40, 80, 120, 200)),
            ),
            Choice("baseline", "Without the model", tuple(BASELINES.items())),
        ),
        function=worth,
        key_states=(
            _state(5, 10, 120, "origin_recent_delay"),
            _state(5, 10, 120, "never"),
            _state(5, 5, 120, "origin_recent_delay"),
            _state(2, 10, 120, "origin_recent_delay"),
            _state(12, 10, 120, "origin_recent_delay"),
        ),
    ),
)
