"""How the classroom answers: a small card in a notebook, plain text that never varies elsewhere."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Tone = Literal["passed", "wrong", "open", "hint", "solution"]

# Border colours with at least 3:1 contrast on white and on a dark page; the text inherits the
# page's own colour, so that it is readable in every theme. The sign and the title carry the
# meaning: colour is never alone.
_COLOURS: dict[Tone, tuple[str, str]] = {
    "passed": ("#1a8a5a", "✓"),
    "wrong": ("#c2571a", "✗"),
    "open": ("#6b7280", "○"),
    "hint": ("#3273c4", "?"),
    "solution": ("#7a5bc0", "★"),
}


@dataclass(frozen=True)
class Card:
    """A short message to the learner.

    Attributes
    ----------
    tone
        What kind of message it is.
    title
        One line.
    body
        Markdown.
    printed
        What the answer printed, shown verbatim below.
    facts
        What the card says, for programs: stored as metadata of the output.
    """

    tone: Tone
    title: str
    body: str = ""
    printed: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """Return the card as plain text of at most 88 columns."""
        parts = [self.title]
        if self.body:
            parts.append(_wrapped(self.body))
        if self.printed:
            parts.append("Printed by your answer:\n" + textwrap.indent(self.printed, "  "))
        return "\n".join(parts)

    def html(self) -> str:
        """Return the card as HTML that needs no style sheet and no script."""
        colour, sign = _COLOURS[self.tone]
        body = _markdown(self.body) if self.body else ""
        printed = (
            '<div style="margin-top:.4em">Printed by your answer:</div>'
            f'<pre style="margin:.2em 0 0;white-space:pre-wrap">{escape(self.printed)}</pre>'
            if self.printed
            else ""
        )
        frame = (
            f"border:1px solid {colour};border-left-width:6px;border-radius:6px;"
            "padding:.55em .9em;margin:.3em 0;max-width:46em;line-height:1.5"
        )
        mark = f'<span aria-hidden="true" style="color:{colour};margin-right:.45em">{sign}</span>'
        return (
            f'<div class="workbook-card workbook-{self.tone}" role="status" style="{frame}">'
            f'<div style="font-weight:600">{mark}{_inline(self.title)}</div>{body}{printed}</div>'
        )


def show_card(card: Card) -> None:
    """Show a card where the learner is: in a notebook as HTML, elsewhere as text."""
    if not in_notebook():
        print(card.text())
        return
    from IPython.display import display

    data: dict[str, Any] = {"text/plain": card.text(), "text/html": card.html()}
    display(data, raw=True, metadata={"workbook": dict(card.facts)} if card.facts else {})


def in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this code."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _wrapped(markdown: str) -> str:
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        fenced = fenced != line.startswith("```")
        keep = fenced or line.startswith(("```", "    ")) or not line
        lines.extend([line] if keep else textwrap.wrap(line, 88))
    return "\n".join(lines)


def _markdown(markdown: str) -> str:
    from markdown_it import MarkdownIt

    html = str(MarkdownIt("commonmark", {"html": False}).render(markdown)).strip()
    return f'<div style="margin-top:.25em">{html}</div>'


def _inline(markdown: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).renderInline(markdown))
