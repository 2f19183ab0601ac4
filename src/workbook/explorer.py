"""Explorers: a question with a few controls to move, and what follows from each setting.

An explorer is declared once, as a pure function of its parameters and the values they can take.
JupyterLab shows it live, the book shows the same thing from values computed when it was built,
and a page without scripts shows its key states as a table. Text is formatted here, in Python, so
that all three print the same numbers.

A chapter declares its explorers in ``workbook/explorers/chNN.py`` as ``EXPLORERS``.
"""

import html
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from workbook.cards import in_notebook

__all__ = [
    "Axis",
    "Bar",
    "Bars",
    "Choice",
    "Explorer",
    "Lines",
    "Radar",
    "Series",
    "Slider",
    "Step",
    "Steps",
    "Table",
    "View",
    "explore",
]

STATIC = Path(__file__).parent / "static"
LARGEST_PAYLOAD = 300_000
ITEMS = {"bars": "bars", "lines": "series", "radar": "axes", "steps": "steps", "table": "rows"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Tone = Literal["neutral", "accent", "good", "bad"]
StepState = Literal["", "open", "tried", "passed", "active", "stopped", "skipped"]


@dataclass(frozen=True)
class Bar:
    """One labelled bar: `value` gives its length, `text` is what the reader sees."""

    label: str
    value: float
    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Bars:
    """Horizontal bars from zero; `largest` fixes the scale so that states can be compared."""

    title: str
    bars: tuple[Bar, ...]
    largest: float | None = None
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True)
class Series:
    """A named line; one value for each x, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Lines:
    """Lines over a common x axis.

    `x` holds the labels of the positions, `y_range` fixes the scale over all states, and
    `digits` is the number of decimals in the table of values.
    """

    title: str
    x: tuple[str, ...]
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    y_range: tuple[float, float] | None = None
    digits: int = 2
    kind: Literal["lines"] = "lines"


@dataclass(frozen=True)
class Axis:
    """One direction of a radar: `value` gives the distance, `text` is what the reader sees."""

    label: str
    value: float
    text: str


@dataclass(frozen=True)
class Radar:
    """Values on three axes or more around a common centre, from 0 to `largest` on each."""

    title: str
    axes: tuple[Axis, ...]
    largest: float
    kind: Literal["radar"] = "radar"


@dataclass(frozen=True)
class Step:
    """One box of a board; `current` marks the one the reader has chosen."""

    label: str
    state: StepState = ""
    detail: str = ""
    current: bool = False


@dataclass(frozen=True)
class Steps:
    """Boxes in order: the stages of a pipeline, the chapters of a course."""

    title: str
    steps: tuple[Step, ...]
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True)
class Table:
    """A small table; the first column names its row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class View:
    """What an explorer shows in one state: a sentence that says what follows, then parts."""

    headline: str
    parts: tuple[Bars | Lines | Radar | Steps | Table, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Slider:
    """A number from `start` to `stop`, both included, in equal steps."""

    name: str
    label: str
    start: float
    stop: float
    step: float
    unit: str = ""

    @property
    def values(self) -> tuple[float, ...]:
        """The values it can take, free of binary rounding."""
        start, stop, step = (Decimal(str(x)) for x in (self.start, self.stop, self.step))
        whole = all(isinstance(x, int) for x in (self.start, self.stop, self.step))
        steps = range(int((stop - start) / step) + 1)
        exact = (start + i * step for i in steps)
        return tuple(int(x) if whole else float(x) for x in exact)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as the reader sees them."""
        return tuple(f"{value:,} {self.unit}".strip() for value in self.values)


@dataclass(frozen=True)
class Choice:
    """One of a few options: each a value, or a pair of a value and the text to show for it."""

    name: str
    label: str
    options: tuple[Any, ...]

    @property
    def values(self) -> tuple[Any, ...]:
        """The values it can take."""
        return tuple(o[0] if isinstance(o, tuple) else o for o in self.options)

    @property
    def texts(self) -> tuple[str, ...]:
        """The options as the reader sees them."""
        return tuple(str(o[1] if isinstance(o, tuple) else o) for o in self.options)


Parameter = Slider | Choice
State = Mapping[str, Any]


@dataclass(frozen=True)
class Explorer:
    """A question that a reader answers by moving something.

    Parameters
    ----------
    id
        The chapter's number and a name: ``"1.mix"``.
    title, question
        What is explored, and what to find out.
    parameters
        The controls. The explorer starts in the first of the key states.
    function
        Takes each parameter by name and returns a View. It is pure: the same values give the
        same view, on every machine.
    key_states
        Three to five settings worth seeing, shown where nothing can be moved.
    live
        Where given, used in place of `function` in a running notebook, to show what belongs to
        one learner (progress). What is stored or published never depends on it.
    save_as
        Where given, a button saves what is shown as Markdown in a file of this name.
    """

    id: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., View]
    key_states: tuple[State, ...]
    live: Callable[..., View] | None = None
    save_as: str = ""

    def __post_init__(self) -> None:
        for state in self.key_states:
            self.position(state)

    def position(self, state: State) -> tuple[int, ...]:
        """Return where each parameter stands in a state, counted from 0.

        Raises
        ------
        ValueError
            If the state lacks a parameter, or has a value that its control cannot take.
        """
        names = [parameter.name for parameter in self.parameters]
        if sorted(state) != sorted(names):
            raise ValueError(
                f"Explorer {self.id}: the state {dict(state)} must name exactly {', '.join(names)}."
            )
        for parameter in self.parameters:
            if state[parameter.name] not in parameter.values:
                raise ValueError(
                    f"Explorer {self.id}: {parameter.name} cannot be {state[parameter.name]!r}; "
                    f"it takes {', '.join(map(repr, parameter.values))}."
                )
        return tuple(p.values.index(state[p.name]) for p in self.parameters)

    def state(self, position: Sequence[int]) -> dict[str, Any]:
        """Return the values of the parameters at a position."""
        return {p.name: p.values[i] for p, i in zip(self.parameters, position, strict=True)}

    def grid(self) -> Iterator[tuple[int, ...]]:
        """Yield every position, the last parameter fastest."""
        return itertools.product(*(range(len(p.values)) for p in self.parameters))

    def spec(self) -> dict[str, Any]:
        """Return what the page needs to draw the controls."""
        saving = {"save_as": self.save_as} if self.save_as else {}
        return saving | {
            "id": self.id,
            "title": self.title,
            "question": self.question,
            "parameters": [
                {
                    "label": parameter.label,
                    "kind": "slider" if isinstance(parameter, Slider) else "choice",
                    "texts": parameter.texts,
                }
                for parameter in self.parameters
            ],
            "start": self.position(self.key_states[0]),
        }

    def payload(self) -> str:
        """Return all states as JSON: what states share is stored once.

        A view holds numbers of parts, a part holds numbers of items (its bars, rows, steps or
        series).

        Raises
        ------
        ValueError
            If it is larger than a page should load.
        """
        items: dict[str, int] = {}
        parts: dict[str, int] = {}
        views: dict[str, int] = {}

        def number(known: dict[str, int], value: Any) -> int:
            return known.setdefault(_json(value), len(known))

        states = []
        for position in self.grid():
            view = asdict(self.function(**self.state(position)))
            for part in view["parts"]:
                field = ITEMS[part["kind"]]
                part[field] = [number(items, item) for item in part[field]]
            view["parts"] = [number(parts, part) for part in view["parts"]]
            states.append(number(views, view))
        tables = {"items": items, "parts": parts, "views": views}
        stored = ",".join(f'"{name}":[{",".join(known)}]' for name, known in tables.items())
        payload = f'{{"spec":{_json(self.spec())},{stored},"states":{_json(states)}}}'
        size = len(payload.encode())
        if size > LARGEST_PAYLOAD:
            raise ValueError(
                f"Explorer {self.id}: its states take {size:,} bytes and a page may load "
                f"{LARGEST_PAYLOAD:,}. Use fewer values or smaller views."
            )
        return payload

    def key_table(self) -> list[tuple[str, ...]]:
        """Return the key states as rows of text, the first row being the header."""
        header = (*(p.label for p in self.parameters), "What follows")
        rows = [header]
        for state in self.key_states:
            texts = (p.texts[i] for p, i in zip(self.parameters, self.position(state), strict=True))
            rows.append((*texts, self.function(**state).headline))
        return rows

    def text(self) -> str:
        """Return title and key states as plain text."""
        rows = self.key_table()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows
        ]
        return "\n".join([self.title, *lines])

    def html(self) -> str:
        """Return the element that scripts bring to life, holding the key states."""
        header, *rows = self.key_table()
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        return (
            f'<div class="workbook-explorer" data-explorer="{html.escape(self.id)}">'
            f"<p><strong>{html.escape(self.title)}</strong></p>"
            f"<p>{html.escape(self.question)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def explore(explorer: str) -> None:
    """Show an explorer: live in a notebook, as its key states everywhere else.

    Parameters
    ----------
    explorer
        Its id, such as ``"1.mix"``.

    Raises
    ------
    LookupError
        If no chapter declares it.
    """
    from workbook.explorers import find

    found = find(explorer)
    data = {"text/plain": found.text(), "text/html": found.html()}
    show_widget(data, lambda: _widget(found))


def show_widget(data: dict[str, Any], widget: Callable[[], Any]) -> None:
    """Display a widget in a notebook with text and HTML beside it; elsewhere print the text."""
    if not in_notebook():
        print(data["text/plain"])
        return
    from IPython.display import display

    bundle, _ = widget()._repr_mimebundle_()
    display({WIDGET_VIEW: bundle[WIDGET_VIEW], **data}, raw=True)


def as_module(script: str, name: str) -> str:
    """Return one of our classic scripts as the ES module that anywidget loads."""
    source = (STATIC / script).read_text(encoding="utf-8")
    return f"{source}\nexport default {{ render: globalThis.{name}.render }};\n"


def style() -> str:
    """Return the style sheet of explorers and quizzes."""
    return (STATIC / "widgets.css").read_text(encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _widget(explorer: Explorer) -> Any:
    view = explorer.live or explorer.function

    def drawn(position: Sequence[int]) -> dict[str, Any]:
        return asdict(view(**explorer.state(position)))

    start = explorer.spec()["start"]
    widget = _widget_class()(spec=explorer.spec(), position=list(start), view=drawn(start))
    widget.observe(lambda change: setattr(widget, "view", drawn(change["new"])), "position")
    return widget


@cache
def _widget_class() -> Any:
    import anywidget
    import traitlets

    class ExplorerWidget(anywidget.AnyWidget):
        """Draws what Python computes, and tells Python where the controls stand."""

        _esm = as_module("explorer.js", "WorkbookExplorer")
        _css = style()
        spec = traitlets.Dict().tag(sync=True)
        position: Any = traitlets.List().tag(sync=True)
        view = traitlets.Dict().tag(sync=True)

    return ExplorerWidget
