"""A replay as one HTML page that loads nothing: the score, the incidents, and two figures."""

import base64
import datetime
import html
import io
import itertools
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flightline.replay.engine import Result
from flightline.replay.score import PRICE, Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT = "report.html"
# Okabe and Ito's colours, distinguishable with every common colour blindness.
_BLUE, _ORANGE, _GREY, _GREEN, _RED = "#0072B2", "#E69F00", "#6B7280", "#009E73", "#D55E00"
#: The log-loss of a day is a mean over so many days in the figure.
SMOOTHED = 3

#: What the figure of the log-loss marks, by the event: a colour and a word.
_MARKS = {"promote": (_GREEN, "promotion"), "rollback": (_RED, "rollback")}
_SHADED = "Shaded: incidents until somebody was called (red) and harmless changes (grey)."
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:0 auto;padding:1rem}
pre{overflow-x:auto;font-size:clamp(.64rem,2.8vw,.9rem)}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9em}
th,td{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}
td:has(strong){min-width:12rem}
td.number{text-align:right;white-space:nowrap}
time{white-space:nowrap}
tr+tr td{border-top:1px solid color-mix(in srgb,currentColor 25%,transparent)}
img{max-width:100%;height:auto;background:#fff;border-radius:4px}
figure{margin:1.5rem 0}
figcaption{font-size:.9em}
"""


def write_report(result: Result, name: str, baselines: Mapping[str, Sequence[float]]) -> Path:
    """Write the report of a replay into its folder.

    Parameters
    ----------
    result : Result
        From `flightline.replay.engine.replay`.
    name : str
        Whose policies they are.
    baselines : mapping of sequences
        Units saved on each day by others, by name.

    Returns
    -------
    pathlib.Path
        The page, replaced as a whole.
    """
    path = result.folder / REPORT
    unfinished = path.with_suffix(".part")
    unfinished.write_text(to_html(result, name, baselines), encoding="utf-8")
    os.replace(unfinished, path)
    return path


def to_html(result: Result, name: str, baselines: Mapping[str, Sequence[float]]) -> str:
    """Return the page as text; parameters as `write_report`."""
    first, last = result.days[0].date, result.days[-1].date
    title = f"{name}: {result.scenario}, {first} to {last}"
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>Warnings from a probability of {result.threshold:.3g} on. "
        f"Policies {html.escape(result.policies)}.</p>",
        f'<h2>Score</h2><pre tabindex="0">{html.escape(result.score.explain())}</pre>',
        _figure(
            money_figure(result, name, baselines), _money_alt(result, name, baselines), _SHADED
        ),
        "<h2>Incidents</h2>",
        _incidents(result.outcomes),
        "<h2>Calls</h2>",
        _calls(result),
        _figure(loss_figure(result), _loss_alt(result), _loss_caption(result)),
        "<h2>Releases</h2>",
        _releases(result),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


# --- Figures ---------------------------------------------------------------------------------


def money_figure(result: Result, name: str, baselines: Mapping[str, Sequence[float]]) -> "Figure":
    """Return the money saved so far, day by day, beside others; incidents are shaded."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes: Any = figure.subplots()
    days = [day.date for day in result.days]
    _shade(axes, result.outcomes)
    colours = (_GREY, _ORANGE, _GREEN)
    for saved, colour in zip(baselines.values(), colours, strict=False):
        axes.plot(days, _thousands(saved)[: len(days)], color=colour)
    written = name if _has_glyphs(name) else "yours"
    axes.plot(days, _thousands(result.saved), color=_BLUE, linewidth=2.2)
    end = round(_thousands(result.saved)[-1])
    axes.set(
        title=f"{written} {'lost' if end < 0 else 'saved'} {abs(end):,} thousand dollars",
        ylabel="thousand dollars\nbeside never warning",
    )
    # Given by hand: of itself, a legend leaves out names that begin with "_".
    shown = [*list(baselines)[: len(colours)], written]
    axes.legend(axes.get_lines(), shown, loc="best", frameon=False)
    axes.axhline(0, color="black", linewidth=0.8)
    _plain_dates(axes)
    return figure


def loss_figure(result: Result) -> "Figure":
    """Return the log-loss day by day, beside that of a constant; incidents and releases marked."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes: Any = figure.subplots()
    days = [day.date for day in result.days]
    _shade(axes, result.outcomes)
    usual = _smooth([day.usual_log_loss for day in result.days])
    axes.plot(days, usual, color=_GREY, label="announcing the usual late rate")
    axes.plot(
        days, _smooth([day.log_loss for day in result.days]), color=_BLUE, label="what served"
    )
    for event, (colour, label) in _MARKS.items():
        for each in result.releases:
            if each["event"] == event:
                day = np.datetime64(each["day"])
                axes.axvline(day, color=colour, linestyle="--", linewidth=1.2, label=label)
                label = "_"
    axes.set(
        title=f"On {_worse(result)} of {len(days)} days the usual late rate would have been better",
        ylabel=f"log-loss, mean of {SMOOTHED} days",
    )
    axes.legend(loc="best", frameon=False)
    _plain_dates(axes)
    return figure


def _has_glyphs(text: str) -> bool:
    """Tell whether the font of the figures can write a text."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    return all(font.get_char_index(ord(letter)) for letter in text)


def _shade(axes: Any, outcomes: Sequence[Outcome]) -> None:
    for each in outcomes:
        over = each.last_day if each.caught is None else min(each.last_day, each.caught)
        colour = _GREY if each.harmless else _RED
        axes.axvspan(
            np.datetime64(each.first_day), np.datetime64(over) + 1, color=colour, alpha=0.18
        )


def _plain_dates(axes: Any) -> None:
    from matplotlib.dates import DateFormatter

    axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
    axes.tick_params(axis="x", labelrotation=30)
    axes.spines[["top", "right"]].set_visible(False)


def _thousands(saved: Sequence[float]) -> np.ndarray:
    return np.cumsum(np.asarray(saved, dtype=float)) * PRICE / 1000


def _smooth(values: Sequence[float]) -> np.ndarray:
    """Return trailing means; days without a value are left out of them."""
    given = np.asarray(values, dtype=float)
    means = np.full(len(given), math.nan)
    for at in range(len(given)):
        window = given[max(at - SMOOTHED + 1, 0) : at + 1]
        window = window[~np.isnan(window)]
        if len(window):
            means[at] = window.mean()
    return means


def _figure(figure: "Figure", alt: str, caption: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, facecolor="white", metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _money_alt(result: Result, name: str, baselines: Mapping[str, Sequence[float]]) -> str:
    ends = {
        each: _thousands(saved)[len(result.days) - 1]
        for each, saved in baselines.items()
        if len(saved) >= len(result.days)
    }
    ends[name] = float(_thousands(result.saved)[-1])
    said = ", ".join(f"{each} {end:,.0f}" for each, end in ends.items())
    return f"Lines of the money saved since the first day; at the end, in thousand dollars: {said}."


def _loss_alt(result: Result) -> str:
    worse = _worse(result)
    return (
        "Lines of the daily log-loss of what served and of announcing the usual late rate; what "
        f"served was worse on {worse} of {len(result.days)} days."
    )


def _loss_caption(result: Result) -> str:
    marked = any(each["event"] in _MARKS for each in result.releases)
    dashed = " Dashed lines: releases." if marked else ""
    return f"{_SHADED} The log-loss is that of the labels as they were delivered.{dashed}"


def _worse(result: Result) -> int:
    return sum(day.log_loss > day.usual_log_loss for day in result.days)


# --- Tables ----------------------------------------------------------------------------------


def _incidents(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return "<p>None.</p>"
    rows = []
    for each in outcomes:
        if each.harmless:
            ended = "harmless: nothing to repair"
        elif each.caught is None:
            ended = "nobody was called"
        else:
            ended = f"called on {_time(each.caught)}, {each.action}"
        rows.append(
            (
                f"<strong>{html.escape(each.name)}</strong><br>{html.escape(each.story)}",
                f"{_time(each.first_day)} to {_time(each.last_day)}",
                ended,
                "" if each.harmless else f"{each.days}",
                f"{each.cost:,.0f}",
            )
        )
    head = ("What", "When, if nobody acts", "How it ended", "Days of harm", "Cost in units")
    return _table(head, rows, numbers=(3, 4))


def _calls(result: Result) -> str:
    if not result.calls:
        return "<p>Nobody was called.</p>"
    calls = [(day, _found(result, at)) for at, (day, _) in enumerate(result.calls)]
    rows = []
    # Somebody may be called each evening for nothing: calls in a row that found the same are one.
    for found, same in itertools.groupby(calls, key=lambda call: call[1]):
        days = [day for day, _ in same]
        when = _time(days[0])
        if len(days) > 1:
            when += f" to {_time(days[-1])}, {len(days)} calls"
        rows.append((when, found))
    return _table(("Evening", "What was found"), rows)


def _found(result: Result, at: int) -> str:
    """Return what came of a call."""
    day, useful = result.calls[at]
    if not useful:
        return "nothing to repair: a false alarm"
    ended = [f"{each.name}, {each.action}" for each in result.outcomes if each.caught == day]
    if ended:
        return html.escape("; ".join(ended))
    if at and result.calls[at - 1] == (day - datetime.timedelta(days=1), True):
        return "the day after a repair: no false alarm"
    return "what had come wrongly on earlier days, repaired"


def _releases(result: Result) -> str:
    words = {
        "train": "was trained",
        "refuse": "was refused by the gate",
        "canary": "became the canary",
        "promote": "became the champion",
        "stop": "was taken back as a canary",
        "rollback": "was rolled back",
    }
    shown = [each for each in result.releases if each["event"] != "train"]
    if not shown:
        return "<p>The first champion served all the time.</p>"
    rows = [
        (_time(each["day"]), f"Version {each['version']} {words[each['event']]}") for each in shown
    ]
    return _table(("Day", "Event"), rows)


def _time(day: datetime.date | str) -> str:
    """Return a date that isn't broken over lines."""
    return f"<time>{day}</time>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    cells = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = ""
    for row in rows:
        body += "<tr>"
        for at, cell in enumerate(row):
            body += f'<td class="number">{cell}</td>' if at in numbers else f"<td>{cell}</td>"
        body += "</tr>"
    return f'<div class="wide" tabindex="0"><table><tr>{cells}</tr>{body}</table></div>'
