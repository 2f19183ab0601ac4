"""A decision memo from numbers: one page that somebody can sign, or refuse."""

import math
from collections.abc import Mapping

#: The numbers of a memo, and what each is.
NUMBERS = {
    "threshold": "warn from this probability on",
    "warned": "share of flights with a warning",
    "right": "share of warnings that were right",
    "caught": "share of late flights with a warning",
    "cost": "per 1,000 flights, with the model",
    "baseline_cost": "per 1,000 flights, with the best baseline",
    "saving": "per 1,000 flights, over the best baseline",
    "saving_low": "lower end of its 95 % interval",
    "saving_high": "upper end of its 95 % interval",
    "price": "of one unit, in money",
    "running_cost": "of a year, in money",
    "flights": "in a year",
    "worst_missed": "share of late flights missed in the worst slice",
}
#: The texts of a memo.
TEXTS = {"baseline": "what the model is compared with", "worst_slice": "its name"}
_SHARES = ("threshold", "warned", "right", "caught", "worst_missed")


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
        The recommendation follows from the interval of the net yearly value.

    Raises
    ------
    MemoError
        Names what is missing, or wrong.
    """
    n = _checked(numbers)
    scale = n["flights"] / 1000 * n["price"]
    value, low, high = (
        scale * n[name] - n["running_cost"] for name in ("saving", "saving_low", "saving_high")
    )
    rows = {
        "Compared with": f"{numbers['baseline']}, {n['baseline_cost']:.0f} units per 1,000 flights",
        "Saving": f"{n['saving']:.0f} of these units, interval {n['saving_low']:.0f} to "
        f"{n['saving_high']:.0f}",
        "Net value a year": f"{_money(value)}, interval {_money(low)} to {_money(high)}",
        "It rests on": f"USD {n['price']:g} a unit, {n['flights']:,.0f} flights, "
        f"{_money(n['running_cost'])} to run it",
        "Warn from": f"probability {n['threshold']:.2f}, {n['warned']:.0%} of flights",
        "Right": f"{n['right']:.0%} of warnings; caught: {n['caught']:.0%} of late flights",
        "Worst served": f"{numbers['worst_slice']}, {n['worst_missed']:.0%} of late flights missed",
        "Left out": "other seasons, a wrong price, people who don't act on a warning",
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
    if not n["saving_low"] <= n["saving"] <= n["saving_high"]:
        raise MemoError("The saving doesn't lie in its own interval.")
    if not math.isclose(n["baseline_cost"] - n["cost"], n["saving"], abs_tol=1):
        raise MemoError("The saving isn't the baseline's cost minus the model's.")
    return n


def _money(value: float) -> str:
    # To the next thousand: more digits would claim more than the interval allows.
    return f"USD {round(value, -3):,.0f}"
