"""A decision memo from numbers: one page that somebody can sign, or refuse."""

import math
from collections.abc import Mapping

#: The numbers of a memo, and what each is.
NUMBERS = {
    "threshold": "warn from this probability on",
    "warned": "share of flights with a warning",
    "right": "share of warnings that were right",
    "caught": "share of late flights with a warning",
    "baseline_warned": "share of flights of which the best baseline warns",
    "baseline_right": "share of its warnings that were right",
    "baseline_caught": "share of late flights of which it warns",
    "cost": "per 1,000 flights, with the model",
    "baseline_cost": "per 1,000 flights, with the best baseline",
    "saving": "per 1,000 flights, over the best baseline",
    "saving_low": "lower end of its 95 % interval",
    "saving_high": "upper end of its 95 % interval",
    "price": "of one unit, in money",
    "running_cost": "of a year, in money",
    "flights": "in a year",
    "worst_missed": "share of late flights missed of the worst carrier",
}
#: The texts of a memo.
TEXTS = {
    "baseline": "what the model is compared with",
    "worst_slice": "the carrier of which most late flights are missed",
}
_GATE = ("warned", "right", "caught")
_SHARES = ("threshold", *_GATE, *(f"baseline_{name}" for name in _GATE), "worst_missed")
#: Money and flights can't be less than nothing.
_AMOUNTS = ("cost", "baseline_cost", "price", "running_cost", "flights")


class MemoError(ValueError):
    """A number of the memo is missing, is no number, or can't be true."""


def recommendation(low: float, high: float) -> str:
    """Return what a net yearly value between `low` and `high` recommends, in one sentence."""
    if low > 0:
        return "ship, behind a canary. Even the lower end pays."
    if high < 0:
        return "don't ship. Even the upper end doesn't pay."
    return "don't ship yet. The interval holds a gain and a loss."


def decision_memo(numbers: Mapping[str, float | str]) -> str:
    """Return the memo as Markdown.

    Parameters
    ----------
    numbers : mapping
        Every name in `NUMBERS` and `TEXTS`.

    Returns
    -------
    str
        The recommendation follows from the interval of the net yearly value. The baseline's
        numbers stand in brackets beside the model's.

    Raises
    ------
    MemoError
        Names what is missing or no number, a share outside 0 to 1, an amount below 0, an interval
        with its low end above its high one or the saving outside, costs that don't differ by the
        saving, and shares of the model and of the baseline that can't be of the same flights.
    """
    n = _checked(numbers)
    scale = n["flights"] / 1000 * n["price"]
    value, low, high = (
        scale * n[name] - n["running_cost"] for name in ("saving", "saving_low", "saving_high")
    )
    rows = {
        "Compared with": f"{numbers['baseline']} (in brackets), {n['baseline_cost']:.0f} units per "
        "1,000 flights",
        "Saving": f"{n['saving']:.0f} of these units, interval {n['saving_low']:.0f} to "
        f"{n['saving_high']:.0f}",
        "Net value a year": f"{_money(value)}, interval {_money(low)} to {_money(high)}",
        "It rests on": f"USD {n['price']:g} a unit, {n['flights']:,.0f} flights, "
        f"{_money(n['running_cost'])} to run it",
        "Warn from": f"probability {n['threshold']:.2f}, that is {n['warned']:.0%} of the flights "
        f"({n['baseline_warned']:.0%})",
        "Right": f"{n['right']:.0%} of warnings ({n['baseline_right']:.0%}); false alarms per "
        f"1,000 flights: {_false_alarms(n):.0f} ({_false_alarms(n, 'baseline_'):.0f})",
        "Caught": f"{n['caught']:.0%} of late flights ({n['baseline_caught']:.0%}); worst "
        f"carrier: {numbers['worst_slice']}, misses {n['worst_missed']:.0%}",
        "Left out": "other seasons, other slices, a wrong price, people who don't act",
    }
    lines = [f"- {name}: {text}" for name, text in rows.items()]
    return "\n".join([f"**Decision: {recommendation(low, high)}**", "", *lines])


def _checked(numbers: Mapping[str, float | str]) -> dict[str, float]:
    known = NUMBERS | TEXTS
    for name, what in known.items():
        if name not in numbers:
            raise MemoError(f"The memo lacks `{name}`: {what}.")
    n = {}
    for name in NUMBERS:
        try:
            n[name] = float(numbers[name])
        except (TypeError, ValueError):
            n[name] = math.nan
        if not math.isfinite(n[name]):
            raise MemoError(f"`{name}` is {numbers[name]!r}, and has to be a number.")
        if name in _SHARES and not 0 <= n[name] <= 1:
            raise MemoError(f"`{name}` is {n[name]:g}; a share lies between 0 and 1.")
        if name in _AMOUNTS and n[name] < 0:
            raise MemoError(f"`{name}` is {n[name]:g}, and can't be below 0.")
    if n["saving_low"] > n["saving_high"]:
        raise MemoError("The interval of the saving has its low end above its high end.")
    if not n["saving_low"] <= n["saving"] <= n["saving_high"]:
        raise MemoError("The saving doesn't lie in its own interval.")
    if not math.isclose(n["baseline_cost"] - n["cost"], n["saving"], abs_tol=1):
        raise MemoError("The saving isn't the baseline's cost minus the model's.")
    # Both answered the same flights; the margin leaves room for rounded shares.
    rates = [_late_rate(n), _late_rate(n, "baseline_")]
    if 0 < min(rates) < 0.8 * max(rates):
        raise MemoError(
            f"With `warned`, `right` and `caught` {rates[0]:.0%} of the flights were late, with "
            f"the baseline's {rates[1]:.0%}: it is the same flights, so something was swapped."
        )
    return n


def _late_rate(n: dict[str, float], whose: str = "") -> float:
    caught = n[f"{whose}caught"]
    return n[f"{whose}warned"] * n[f"{whose}right"] / caught if caught else 0.0


def _false_alarms(n: dict[str, float], whose: str = "") -> float:
    return 1000 * n[f"{whose}warned"] * (1 - n[f"{whose}right"])


def _money(value: float) -> str:
    # To the next thousand: more digits would claim more than the interval allows.
    return f"USD {round(value, -3):,.0f}"
