"""Chapter 01: where to spend twelve person-weeks."""

from flightline.experiments.mix import LEVELS, WEEKS, dearest_mix, load_mix, mix_outcome
from workbook.explorer import Bar, Bars, Explorer, Slider, Table, View

BUDGET = 12
NAMES = {"devops": "DevOps", "data": "Data", "models": "Models", "business": "Business"}
EQUAL = dict.fromkeys(NAMES, 3)


def mix(devops: int, data: int, models: int, business: int) -> View:
    """Show what a mix of work bought, and what it cost to be wrong with it."""
    weeks = {"devops": devops, "data": data, "models": models, "business": business}
    outcome = mix_outcome(**weeks)
    never = load_mix()["references"]["never_alarm"]
    equal = mix_outcome(**EQUAL)
    cost, spent = outcome["cost"], sum(weeks.values())
    return View(
        headline=f"{_budget(spent)}. Cost per 1,000 flights: {cost:.0f}, {_against(cost, never)}.",
        parts=(
            Bars(
                "Cost per 1,000 flights on September to December (less is better)",
                (
                    Bar("Nobody is ever warned", never, f"{never:.0f}"),
                    Bar("Three weeks for each part", equal["cost"], f"{equal['cost']:.0f}"),
                    Bar("Your mix", cost, f"{cost:.0f}", "good" if cost < never else "bad"),
                ),
                largest=dearest_mix(),
            ),
            Table(
                "What your weeks bought",
                ("Part", "Weeks", "What you have"),
                tuple(
                    (NAMES[part], f"{spent}", LEVELS[part][WEEKS.index(spent)])
                    for part, spent in weeks.items()
                ),
            ),
        ),
        note=f"AUC {outcome['auc']:.2f}: how well the model ranks, whatever is done with it.",
    )


def _budget(spent: int) -> str:
    if spent > BUDGET:
        return f"{spent} weeks, {spent - BUDGET} over the budget"
    return f"{spent} of {BUDGET} weeks spent"


def _against(cost: float, never: float) -> str:
    share = 1 - cost / never
    if abs(share) < 0.005:
        return "as much as without any model"
    return f"{abs(share):.0%} {'less' if share > 0 else 'more'} than without any model"


EXPLORERS = (
    Explorer(
        id="1.mix",
        title="Twelve person-weeks for Flightline",
        question="Which mix of work makes mistakes cheapest, without going over 12 weeks?",
        parameters=tuple(
            Slider(part, name, start=0, stop=9, step=3, unit="weeks")
            for part, name in NAMES.items()
        ),
        function=mix,
        key_states=(
            EQUAL,
            {"devops": 0, "data": 0, "models": 9, "business": 0},
            {"devops": 0, "data": 9, "models": 0, "business": 0},
            {"devops": 0, "data": 0, "models": 0, "business": 9},
            {"devops": 9, "data": 0, "models": 0, "business": 0},
        ),
    ),
)
