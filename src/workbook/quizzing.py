"""Quizzes: questions with options, and something to learn from each option.

A chapter declares its quiz in ``workbook/quizzes/chNN.py`` as ``QUIZ``. JupyterLab and the book
run the same script; where no script runs, the questions and their options can be read.

jupyterquiz was tried first: its output carries random ids, it may load MathJax from elsewhere,
and its buttons have neither groups, names nor announced feedback for assistive technology.
"""

import base64
import html
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbook.explorer import as_module, show_widget, style

__all__ = ["Option", "Question", "Quiz", "quiz"]


@dataclass(frozen=True)
class Option:
    """One answer to choose, and what to say to somebody who chose it.

    Text between backticks is shown as code.
    """

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question; exactly one option is right unless `several` may be chosen."""

    text: str
    options: tuple[Option, ...]
    several: bool = False

    def __post_init__(self) -> None:
        right = sum(option.right for option in self.options)
        if right < 1 or (right > 1 and not self.several):
            wanted = "at least one" if self.several else "exactly one"
            raise ValueError(f"{wanted.capitalize()} option must be right: {self.text!r}.")
        if not all(option.feedback for option in self.options):
            raise ValueError(f"Every option needs feedback: {self.text!r}.")


@dataclass(frozen=True)
class Quiz:
    """The quiz of a chapter."""

    chapter: int
    questions: tuple[Question, ...]

    @property
    def title(self) -> str:
        """The line above the questions."""
        return f"Quiz: {len(self.questions)} questions"

    def spec(self) -> dict[str, Any]:
        """Return what the page needs to ask and to answer, the answers encoded."""
        return {
            "title": self.title,
            "questions": [
                {
                    "text": _markup(question.text),
                    "several": question.several,
                    "options": [_markup(option.text) for option in question.options],
                    "answers": [_encoded(option) for option in question.options],
                }
                for question in self.questions
            ],
        }

    def payload(self) -> str:
        """Return the quiz as JSON."""
        return json.dumps(self.spec(), ensure_ascii=False, separators=(",", ":"))

    def text(self) -> str:
        """Return the questions and options as plain text, without the answers."""
        lines = [self.title]
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question.text}{_several(question)}")
            lines += [f"   - {option.text}" for option in question.options]
        return "\n".join(lines)

    def html(self) -> str:
        """Return the element that scripts bring to life, holding questions and options."""
        questions = "".join(
            f"<li>{_markup(question.text)}{_several(question)}<ul>"
            + "".join(f"<li>{_markup(option.text)}</li>" for option in question.options)
            + "</ul></li>"
            for question in self.questions
        )
        return (
            f'<div class="workbook-quiz" data-quiz="{self.chapter}">'
            f"<p><strong>{self.title}</strong></p><ol>{questions}</ol></div>"
        )


def quiz(chapter: str) -> None:
    """Show the quiz of a chapter: live in a notebook, as plain text everywhere else.

    Parameters
    ----------
    chapter
        The chapter's number, such as ``"1"``.

    Raises
    ------
    LookupError
        If the chapter has no quiz.
    """
    from workbook.quizzes import find

    found = find(chapter)
    data = {"text/plain": found.text(), "text/html": found.html()}
    show_widget(data, lambda: _widget_class()(spec=found.spec()))


def _several(question: Question) -> str:
    return " (more than one may be right)" if question.several else ""


def _markup(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _encoded(option: Option) -> str:
    """Hide an answer from a glance at the page source; it is no secret."""
    answer = json.dumps([option.right, _markup(option.feedback)])
    return base64.b64encode(answer.encode()[::-1]).decode()


@cache
def _widget_class() -> Any:
    import anywidget
    import traitlets

    class QuizWidget(anywidget.AnyWidget):
        """Asks in the browser; Python only hands over the questions."""

        _esm = as_module("quiz.js", "WorkbookQuiz")
        _css = style()
        spec = traitlets.Dict().tag(sync=True)

    return QuizWidget
