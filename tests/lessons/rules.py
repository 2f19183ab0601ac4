"""How a lesson reads, as rules that can fail. Each finding names the lesson and the line."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from workbook import course
from workbook.lessons import Cell, Lesson, solved, starter

LONGEST_CELL = 15
LONGEST_OUTPUT = 10
# Longer lines are cut off on the book's page.
WIDEST_LINE = 88
OPENING_WORDS = 80
WORDS_PER_CODE_CELL = (30, 110)
HYPE = re.compile(
    r"\b(simply|easily|obviously|of course|powerful|seamless\w*|cutting-edge|leverag\w+|delv\w+|"
    r"game-chang\w+|state-of-the-art|in today's world|let's dive|unlock\w*)\b",
    re.IGNORECASE,
)
TOOLS = re.compile(r"\b(MLflow|Feast|DVC|Pandera|Evidently|Dask|FastAPI|Docker|pytest|pandas)\b")
CHAPTER_LINK = re.compile(r"\]\(((?:\.\./|\d\d_)[^)#\s]*)(?:#([^)]*))?\)")


def findings(lesson: Lesson, root: Path) -> list[str]:
    """Return everything about a lesson's source that breaks a rule, as ``file:line: what``."""
    rules = (
        opening,
        objectives,
        imports_first,
        code_cells,
        exercises,
        ending,
        prose,
        directives,
        predictions,
        forward,
    )
    found = [finding for rule in rules for finding in rule(lesson)]
    return found + list(links(lesson, root))


def at(lesson: Lesson, line: int, message: str) -> str:
    return f"lessons/{lesson.path.name}:{line}: {message}"


def markdown(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Yield each line of prose with its number, code fences left out."""
    for cell in lesson.cells:
        fenced = False
        if cell.kind != "markdown":
            continue
        for offset, line in enumerate(cell.source.splitlines()):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced:
                yield cell.line + offset, line


def opening(lesson: Lesson) -> Iterator[str]:
    first = lesson.cells[0]
    before, _, rest = first.source.partition("By the end of this chapter you can")
    if not rest:
        yield at(lesson, first.line, "says `By the end of this chapter you can` in its first cell.")
    words = len(re.sub(r"^# .*$", "", before, flags=re.MULTILINE).split())
    if not 20 <= words <= OPENING_WORDS:
        yield at(lesson, first.line, f"opens with {words} words; 20 to {OPENING_WORDS} are right.")
    title = lesson.chapter.title
    if TOOLS.search(title):
        yield at(lesson, first.line, "the title is a question or a failure, not a tool.")
    if not title.endswith("?") and len(title.split()) < 3:
        yield at(lesson, first.line, "the title is a question or a failure in a few words.")


def objectives(lesson: Lesson) -> Iterator[str]:
    first = lesson.cells[0]
    listed = re.findall(r"^- ", first.source, re.MULTILINE)
    if not 3 <= len(listed) <= 5:
        yield at(lesson, first.line, f"names {len(listed)} objectives; 3 to 5 are right.")
    if "Prerequisites:" not in first.source:
        yield at(lesson, first.line, "names no prerequisites (`Prerequisites: …`).")
    minutes = re.search(r"^Time: (\d+) minutes", first.source, re.MULTILINE)
    if not minutes or int(minutes[1]) != lesson.chapter.minutes:
        yield at(lesson, first.line, "says `Time: N minutes`, the same as `minutes` in its header.")
    if not 0 < lesson.chapter.minutes <= 45:
        yield at(lesson, 1, "takes over 45 minutes: make two chapters of it.")
    if not lesson.chapter.part:
        yield at(lesson, 1, "the header names no `part` of the course.")


def code(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.kind == "code"]


def parsed(source: str) -> ast.Module:
    """Return the syntax tree; an empty one for what isn't Python, which other rules find."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def imports_first(lesson: Lesson) -> Iterator[str]:
    for at_, cell in enumerate(code(lesson)):
        kinds = {type(node) for node in parsed(solved(lesson, cell)).body}
        imports = kinds & {ast.Import, ast.ImportFrom}
        if at_ == 0 and kinds - {ast.Import, ast.ImportFrom}:
            yield at(lesson, cell.line, "the first code cell holds imports and nothing else.")
        if at_ and imports:
            yield at(lesson, cell.line, "imports stand in the first code cell.")


def code_cells(lesson: Lesson) -> Iterator[str]:
    lengths = []
    in_a_row = 0
    for cell in lesson.cells:
        in_a_row = in_a_row + 1 if cell.kind == "code" else 0
        if in_a_row == 3:
            yield at(lesson, cell.line, "is the third code cell in a row: put prose between them.")
        if cell.kind != "code":
            continue
        for source in (solved(lesson, cell), starter(lesson, cell)):
            lines = source.splitlines()
            lengths.append(len(lines))
            if len(lines) > LONGEST_CELL:
                yield at(lesson, cell.line, f"has {len(lines)} lines of code, over {LONGEST_CELL}.")
            for offset, line in enumerate(lines):
                if len(line) > WIDEST_LINE:
                    yield at(lesson, cell.line + offset, f"is {len(line)} characters wide.")
                if re.match(r"\s*[!%]", line):
                    yield at(
                        lesson, cell.line + offset, "uses a shell or a magic: nbval passes it."
                    )
                if line.rstrip().endswith(";"):
                    yield at(lesson, cell.line + offset, "ends in `;`: nbval fails on it.")
    if statistics.median(lengths) > 5:
        yield at(
            lesson, 1, f"the median cell has {statistics.median(lengths)} lines; 2 to 4 is right."
        )
    words = sum(len(cell.source.split()) for cell in lesson.cells if cell.kind == "markdown")
    ratio = words / len(code(lesson))
    least, most = WORDS_PER_CODE_CELL
    if not least <= ratio <= most:
        yield at(
            lesson, 1, f"has {ratio:.0f} words for each code cell; {least} to {most} is right."
        )


def exercises(lesson: Lesson) -> Iterator[str]:
    for exercise in course.exercises(lesson.chapter.number):
        heading = f"### Exercise {exercise.id}: {exercise.title}"
        if not any(line == heading for _, line in markdown(lesson)):
            yield at(lesson, 1, f"has no heading `{heading}`.")
    cells = lesson.cells
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if not cell.exercise or (after and after.exercise == cell.exercise):
            continue
        if after is None or f'check("{cell.exercise}"' not in after.source:
            yield at(lesson, cell.line, f"the next cell doesn't check exercise {cell.exercise}.")
        elif f'# hint("{cell.exercise}")      solution("{cell.exercise}")' not in after.source:
            yield at(lesson, after.line, "the check cell doesn't show how to get hints.")


def ending(lesson: Lesson) -> Iterator[str]:
    text = "\n".join(line for _, line in markdown(lesson))
    for mark in ("## Recap", "**What moved on the maturity ladder:**", "**Next:**", "## Sources"):
        if mark not in text:
            yield at(lesson, 1, f"ends without `{mark}`.")
    if not any(f'quiz("{lesson.chapter.number}")' in cell.source for cell in code(lesson)):
        yield at(lesson, 1, "has no quiz.")
    sources = re.findall(r"^- .*$", text.partition("## Sources")[2], re.MULTILINE)
    if not 3 <= len(sources) <= 5 or any("](http" not in source for source in sources):
        yield at(lesson, 1, "ends with 3 to 5 sources, each with a link.")


def prose(lesson: Lesson) -> Iterator[str]:
    in_sources = False
    for number, line in markdown(lesson):
        in_sources = in_sources or line == "## Sources"
        plain = re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)
        sentences = re.sub(r"^[-*\d].*?\*\* ", "", plain)
        listed = in_sources or plain.startswith(("- ", "|"))
        if not listed and re.search(r"[a-z)][.?!] +[A-Z]", sentences):
            yield at(lesson, number, "has two sentences on one line.")
        if hype := HYPE.search(plain):
            yield at(lesson, number, f"says `{hype[0]}`.")


def directives(lesson: Lesson) -> Iterator[str]:
    for number, line in markdown(lesson):
        if re.match(r"\s*:::", line) or re.search(r"\{[a-z:-]+\}`", line):
            yield at(lesson, number, "uses a directive or role that a notebook shows literally.")
    for cell in lesson.cells:
        if cell.kind == "markdown" and "```{" in cell.source:
            yield at(lesson, cell.line, "uses a directive that a notebook shows literally.")


def predictions(lesson: Lesson) -> Iterator[str]:
    if not any(line.startswith("**Predict:**") for _, line in markdown(lesson)):
        yield at(lesson, 1, "never asks for a prediction (`**Predict:** …`).")


def forward(lesson: Lesson) -> Iterator[str]:
    """Nobody needs, or is sent to, a later chapter before this one ends."""
    for line, text in markdown(lesson):
        if text.startswith("## Recap"):
            return
        linked = re.findall(r"\]\((\d\d)_", text)
        needed = re.findall(r"\b\d\d\b", text) if text.startswith("Prerequisites:") else []
        for number in sorted({*linked, *needed}):
            if int(number) > lesson.chapter.number:
                yield at(lesson, line, f"leads to chapter {number}, which comes later.")


def links(lesson: Lesson, root: Path) -> Iterator[str]:
    """Every link to a file of the course leads somewhere, and every glossary term is defined."""
    for number, line in markdown(lesson):
        for target, anchor in CHAPTER_LINK.findall(line):
            path = (root / "notebooks" / target).resolve()
            source = root / "lessons" / f"{path.stem}.md"
            if not path.exists() and not (path.suffix == ".ipynb" and source.exists()):
                yield at(lesson, number, f"links to {target}, which doesn't exist.")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                yield at(lesson, number, f"links to #{anchor}, which {target} doesn't have.")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub, MyST and JupyterLab make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }
