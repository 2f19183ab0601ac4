"""An audit as a table for the terminal, as JSON, as Markdown and as one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from workbook.audit.levels import Audit, ItemResult, ModelResult, Step
from workbook.audit.read import printable
from workbook.audit.rules import RULES, Evidence

__all__ = ["FORMATS", "as_html", "as_json", "as_markdown", "as_text", "overview"]

SIGNS = {"found": "found", "missing": "missing", "unknowable": "ask"}
LIMIT = "What no file shows: whether anybody reads an alert, follows a rule or answers at night."
READING = "Read each level as at most that level: it holds if the questions have good answers."


def number(value: float) -> str:
    """Return a level or a score without a needless decimal."""
    return f"{value:g}"


def overview(audit: Audit) -> list[tuple[str, str, str]]:
    """Return a row for each model: its name, the level or score, and what that means."""
    return [(r.model.name, number(r.value), r.name) for r in audit.models]


def as_text(audit: Audit, steps: int = 5) -> str:
    """Return the audit for a terminal, 100 columns wide unless a place needs more."""
    lines = [f"Audit of {audit.name}: {audit.read:,} of {audit.seen:,} files read", *audit.notes]
    for result in audit.models:
        lines += ["", _headline(result)]
        lines += [f"  {area:<24} {_area(level)}" for area, level in result.areas.items()]
        for item in result.items:
            lines.append(f"  {SIGNS[item.status]:<8} {_short(item.item.says, 88)}")
            lines += [f"{'':<11}{_in_columns(place, text)}" for place, text in _details(item)]
    lines += ["", "Next steps, the least work first"]
    lines += [f"  {text}" for text in _roadmap(audit, steps)] or ["  none that a file could show"]
    if audit.unused:
        lines += ["", "Installed, and no trace of its use", *(f"  {u}" for u in audit.unused)]
    return "\n".join(map(printable, [*lines, "", READING, LIMIT]))


def as_json(audit: Audit) -> str:
    """Return the audit as JSON.

    The object has these members; lists are in a fixed order::

        schema    1
        name      the folder's name
        files     {"read": int, "seen": int}
        notes     [text]                    what wasn't read, and why
        evidence  {rule: [place]}           every rule; place = {"path", "line", "unit", "what",
                                            "repeated"}; unit is "line" or "cell"
        models    [{"key", "name", "source", "url", "value", "means",
                    "areas": {area: number or null},
                    "items": [{"key", "area", "level", "says", "status", "points",
                               "evidence": [place], "missing": [rule], "ask"}],
                    "asks": [text], "steps": [rule]}]
        steps     [{"rule", "title", "do", "effort", "models", "alone"}]
        unused    [text]

    `status` is "found", "missing" or "unknowable"; `effort` is "hours", "days" or "weeks".
    """
    return json.dumps(_document(audit), ensure_ascii=False, indent=2)


def _document(audit: Audit) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": audit.name,
        "files": {"read": audit.read, "seen": audit.seen},
        "notes": list(audit.notes),
        "evidence": {rule: [*map(_place, found)] for rule, found in audit.evidence.items()},
        "models": [_model(result) for result in audit.models],
        "steps": [
            {
                "rule": step.rule.key,
                "title": step.rule.title,
                "do": step.rule.step,
                "effort": step.rule.effort,
                "models": list(step.models),
                "alone": list(step.alone),
            }
            for step in audit.steps
        ],
        "unused": list(audit.unused),
    }


def _model(result: ModelResult) -> dict[str, Any]:
    return {
        "key": result.model.key,
        "name": result.model.name,
        "source": f"{result.model.title}, {result.model.edition}",
        "url": result.model.url,
        "value": result.value,
        "means": result.name,
        "areas": result.areas,
        "items": [
            {
                "key": item.item.key,
                "area": item.item.area,
                "level": item.item.level,
                "says": item.item.says,
                "status": item.status,
                "points": item.points,
                "evidence": [*map(_place, item.evidence)],
                "missing": list(item.missing),
                "ask": item.item.ask,
            }
            for item in result.items
        ],
        "asks": [item.ask for item in result.asks],
        "steps": [step.rule.key for step in result.steps],
    }


def _place(evidence: Evidence) -> dict[str, Any]:
    return {**vars(evidence), "what": _one_line(evidence.what)}


def as_markdown(audit: Audit, steps: int = 5) -> str:
    """Return the audit as Markdown."""
    lines = [f"# Audit of {_md(audit.name)}", "", f"{audit.read:,} of {audit.seen:,} files read."]
    lines += [*map(_md, audit.notes), "", "| Model | Shown | Meaning |", "|---|---|---|"]
    lines += [f"| {a} | {b} | {c} |" for a, b, c in overview(audit)]
    lines += ["", READING, LIMIT, "", "## Next steps", ""]
    lines += [f"1. {_md(text)}" for text in _roadmap(audit, steps)] or ["None that a file shows."]
    if audit.unused:
        lines += ["", "## Installed, and no trace of its use", ""]
        lines += [f"- {_md(text)}" for text in audit.unused]
    for result in audit.models:
        lines += ["", f"## {_headline(result)}", "", f"Source: [{result.model.title}]"]
        lines[-1] += f"({result.model.url}), {result.model.edition}."
        lines += ["", "| Item | | Evidence or question |", "|---|---|---|"]
        for item in result.items:
            details = "; ".join(place + text for place, text in _details(item))
            lines.append(f"| {_md(item.item.says)} | {SIGNS[item.status]} | {_md(details)} |")
    return "\n".join(lines) + "\n"


def as_html(audit: Audit, steps: int = 5) -> str:
    """Return the audit as one page: no script, nothing loaded from elsewhere."""
    rows = "".join(
        f'<tr><th scope="row">{escape(a)}</th><td>{escape(b)}</td><td>{escape(c)}</td></tr>'
        for a, b, c in overview(audit)
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in audit.notes)
    road = "".join(f"<li>{escape(text)}</li>" for text in _roadmap(audit, steps))
    unused = "".join(f"<li>{escape(text)}</li>" for text in audit.unused)
    parts = "".join(_section(result) for result in audit.models)
    name = escape(audit.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Audit of {name}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Audit of {name}</h1><p>{audit.read:,} of {audit.seen:,} files read.</p>{notes}"
        f'<div class="wide" tabindex="0" role="region" aria-label="Levels">'
        f"<table><caption>What the files show</caption><thead><tr>"
        f'<th scope="col">Model</th><th scope="col">Shown</th><th scope="col">Meaning</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{escape(READING)} {escape(LIMIT)}</p>"
        f"<h2>Next steps</h2>{f'<ol>{road}</ol>' if road else '<p>None that a file shows.</p>'}"
        f"{f'<h2>Installed, and no trace of its use</h2><ul>{unused}</ul>' if unused else ''}"
        f"{parts}</main></body></html>\n"
    )


def _section(result: ModelResult) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(item.item.says)}</th>'
        f'<td class="{item.status}">{SIGNS[item.status]}</td>'
        f"<td>{'<br>'.join(escape(place + text) for place, text in _details(item))}</td></tr>"
        for item in result.items
    )
    areas = ", ".join(f"{area} {_area(level)}" for area, level in result.areas.items())
    label = escape(f"Items of {result.model.name}")
    return (
        f"<h2>{escape(_headline(result))}</h2><p>{escape(areas)}.</p>"
        f'<p>Source: <a href="{escape(result.model.url)}">{escape(result.model.title)}</a>, '
        f"{escape(result.model.edition)}.</p>"
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>'
        f'<caption>{label}</caption><thead><tr><th scope="col">Item</th>'
        f'<th scope="col">Status</th><th scope="col">Evidence or question</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _headline(result: ModelResult) -> str:
    what = "score" if result.model.scale == "score" else "level"
    return f"{result.model.name}: {what} {number(result.value)}, {result.name}"


def _area(level: float | None) -> str:
    return "not to be seen in files" if level is None else number(level)


def _details(item: ItemResult) -> Iterator[tuple[str, str]]:
    """Yield places, empty where there is none, and what there is to say."""
    if item.status == "unknowable":
        yield "", item.item.ask
    for evidence in item.evidence:
        hand = "" if evidence.repeated else " (nothing repeats it)"
        yield f"{evidence.place}  ", f"{_one_line(evidence.what)}{hand if item.points else ''}"
    for rule in item.missing:
        yield "", f"missing: {RULES[rule].title}"


def _roadmap(audit: Audit, most: int) -> list[str]:
    return [_step(step) for step in audit.steps[:most]]


def _step(step: Step) -> str:
    towards = ", ".join(step.models)
    return f"{step.rule.effort}: {step.rule.step} ({towards})"


def _in_columns(place: str, text: str) -> str:
    """Shorten what stands at a place, never the place: a person has to find it."""
    return place + _short(text, max(88 - len(place), 20))


def _one_line(text: str) -> str:
    """Return what a file says as one line, whatever it would do to a terminal or a table."""
    return printable(" ".join(text.split()))


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _md(text: str) -> str:
    text = printable(text)
    for sign in ("\\", "|", "<", "`", "*", "_", "["):
        text = text.replace(sign, f"\\{sign}")
    return text


FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown, "html": as_html}
STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#1f2430}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
.wide{overflow-x:auto}
.wide:focus-visible{outline:2px solid #0b63b0}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:#555c6b}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;
border-bottom:1px solid #d8dce3;font-weight:400;overflow-wrap:anywhere}
thead th{font-weight:650}
td.found{color:#00704f;font-weight:650}
td.missing{color:#a13a08;font-weight:650}
td.unknowable{color:#555c6b}
a{color:#0b63b0}
@media (prefers-color-scheme:dark){
body{background:#14181e;color:#e8eaf0}
caption,td.unknowable{color:#b4bac6}
td.found{color:#4fcf9f}
td.missing{color:#ff9e6b}
a{color:#6db5f2}
th,td{border-color:#3a414d}}
""".replace("\n", "")
