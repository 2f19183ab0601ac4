"""Chapter 12: a month, a model, and what three monitors say about it."""

from flightline.experiments.months import NAMES, SERVED, Window, drift, scores
from flightline.monitoring import CALIBRATION_GAP, LARGE_SHIFT, LOSS_MARGIN, diagnose
from workbook.explorer import Choice, Explorer, Lines, Series, Slider, Table, View

#: How a model is chosen for a month: the last month it learned from, and from how many.
MODELS = {
    "march": "frozen in March",
    "all": "retrained monthly, all months",
    "last 3": "retrained monthly, last 3 months",
}


def month_view(month: int, model: str) -> View:
    """Show drift, performance and calibration of a model in a month."""
    found = _scores(model, month)
    psi = {name: feature["psi"] for name, feature in drift(month).items()}
    largest = max(psi, key=psi.__getitem__)
    fresh = scores(month - 1, month)["log_loss"]
    behind = found["log_loss"] - fresh
    gap = found["announced"] - found["late_rate"]
    findings = diagnose({"psi": psi[largest], "fresh_log_loss": fresh, **found})
    return View(
        headline=f"{NAMES[month - 1]}, {MODELS[model]}: {_said(findings)}.",
        parts=(
            Lines(
                "Log-loss: the month decides more than the model (less is better)",
                x=tuple(NAMES[each - 1] for each in SERVED),
                x_label="month of 2013",
                y_label="log-loss",
                series=(
                    _until(month, MODELS[model], model),
                    _until(month, "a fresh model", "all"),
                ),
                y_range=(0.2, 0.5),
                digits=3,
            ),
            Table(
                "Three monitors",
                ("Question", "Measured", "Limit"),
                (
                    (
                        f"Drift: largest PSI ({largest})",
                        f"{psi[largest]:.2f}",
                        f"{LARGE_SHIFT:g}",
                    ),
                    (
                        "Decay: log-loss above a fresh model's",
                        f"{behind:+.3f}",
                        f"{LOSS_MARGIN:g}",
                    ),
                    (
                        "Calibration: announced minus late rate",
                        f"{gap:+.1%}",
                        f"{CALIBRATION_GAP:.0%} either way",
                    ),
                ),
            ),
        ),
        note=(
            f"AUC {found['auc']:.3f}, late rate {found['late_rate']:.1%}, mistakes cost "
            f"{found['cost']:.0f} per 1,000 flights. Drift is measured against January to March."
        ),
    )


def _scores(model: str, month: int) -> dict[str, float]:
    window: Window = "last 3" if model == "last 3" else "all"
    return scores(3 if model == "march" else month - 1, month, window)


def _until(month: int, name: str, model: str) -> Series:
    """Return the line as far as it is known at the end of the month."""
    return Series(
        name,
        tuple(_scores(model, each)["log_loss"] if each <= month else None for each in SERVED),
    )


def _said(findings: list[str]) -> str:
    words = {"drift": "drift", "decay": "decay", "miscalibrated": "probabilities that are off"}
    return " and ".join(words[each] for each in findings) or "nothing to report"


EXPLORERS = (
    Explorer(
        id="12.months",
        title="The year, month by month",
        question="In which months would each of the three monitors have been worth an alarm?",
        parameters=(
            Slider("month", "Month of 2013", start=4, stop=12, step=1),
            Choice("model", "Model", tuple(MODELS.items())),
        ),
        function=month_view,
        key_states=(
            {"month": 7, "model": "march"},
            {"month": 4, "model": "march"},
            {"month": 12, "model": "march"},
            {"month": 12, "model": "last 3"},
            {"month": 11, "model": "all"},
        ),
    ),
)
