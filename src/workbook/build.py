"""Makes the notebooks and the solutions pages from the lessons, and proves that they are current.

One way only: ``lessons/NN_slug.md`` becomes ``notebooks/NN_slug.ipynb`` (starters in place of
solutions, executed, outputs kept) and ``book/solutions/NN_slug.md``. The same input gives the same
bytes: cell ids come from the cells' content, and no time, path or version is stored.

A lesson is executed again only when something changed that its outputs depend on: its code, the
modules of ours that it imports (directly or not), its checks, the data, or requirements.txt. The
digest of all these is stored in the notebook.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import course
from workbook.imports import closure, imported_modules
from workbook.lessons import Cell, Lesson, LessonError, read_lesson, solved, starter
from workbook.surroundings import Surroundings

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_SECONDS = 120
# What Python writes beside a module when it is imported: no input of a lesson.
COMPILED = ".pyc"

# One thread and a fixed hash seed, so that sums and sets come out alike on every machine; progress
# in memory, so that nobody's own progress shows in a stored output.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "WORKBOOK_PROGRESS": ":memory:",
}


@dataclass(frozen=True)
class Project:
    """Where a course lies: the folder that holds lessons/, notebooks/, book/ and src/."""

    root: Path

    @property
    def lessons(self) -> Path:
        """The sources."""
        return self.root / "lessons"

    @property
    def notebooks(self) -> Path:
        """The learners' notebooks, generated."""
        return self.root / "notebooks"

    @property
    def solutions(self) -> Path:
        """The solutions pages of the book, generated."""
        return self.root / "book" / "solutions"

    @property
    def stamp(self) -> Path:
        """The digest of a course that was found current, not committed."""
        return self.root / "_build" / "current.txt"

    @property
    def solved(self) -> Path:
        """The solved notebooks, generated and not committed."""
        return self.root / "_build" / "solved"


class BuildError(Exception):
    """Something can't be built or isn't current; each line of the message is one finding."""


def checkout() -> Project:
    """Return the checkout that this package belongs to."""
    root = course.PACKAGE.parent.parent
    if not (root / "lessons").is_dir():
        raise BuildError("There are no lessons here: build works in a checkout of the course.")
    return Project(root)


def read_all(project: Project) -> list[Lesson]:
    """Read every lesson and make sure that each exercise stands where its check expects it.

    Raises
    ------
    BuildError
        With one line for each lesson that can't be read.
    """
    read: list[Lesson] = []
    problems: list[str] = []
    for path in sorted(project.lessons.glob("*.md")):
        try:
            if not course.LESSON_NAME.match(path.name):
                raise LessonError(path, 1, "a lesson's file is named NN_slug.md, in small letters.")
            lesson = read_lesson(path)
            problems.extend(_misplaced_exercises(lesson))
            read.append(lesson)
        except LessonError as error:
            problems.append(str(error))
    if problems:
        raise BuildError("\n".join(problems))
    return read


def _misplaced_exercises(lesson: Lesson) -> list[str]:
    known = [exercise for exercise, _ in lesson.chapter.exercises]
    held = list(dict.fromkeys(cell.exercise for cell in lesson.cells if cell.exercise))
    where = f"lessons/{lesson.path.name}"
    checks = f"src/workbook/checks/ch{lesson.chapter.number:02}.py"
    missing = [
        f"{where}: no cell holds exercise {name}, which {checks} checks."
        for name in known
        if name not in held
    ]
    unknown = [
        f"{where}:{cell.line}: exercise {cell.exercise} has no check in {checks}."
        for cell in lesson.cells
        if cell.exercise and cell.exercise not in known
    ]
    if not missing and not unknown and held != known:
        return [f"{where}: the exercises stand in the order {held}, and in {checks} {known}."]
    return missing + unknown


# --- what is generated ---------------------------------------------------------------------------


def notebook_of(project: Project, lesson: Lesson, write: Callable[[Lesson, Cell], str]) -> Any:
    """Return a lesson's notebook, not executed; ``write`` is :func:`starter` or :func:`solved`."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    seen: Counter[str] = Counter()
    cells = []
    for cell in lesson.cells:
        source = write(lesson, cell)
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        key = f"exercise {cell.exercise}" if cell.exercise else f"{cell.kind}\n{source}"
        seen[key] += 1
        cell_id = hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()[:12]
        metadata: dict[str, Any] = dict(cell.metadata)
        if cell.exercise:
            metadata["workbook"] = {"exercise": cell.exercise}
        cells.append(make(source=source, id=cell_id, metadata=metadata))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "workbook": {
            "lesson": f"lessons/{lesson.path.name}",
            "inputs": inputs_digest(project, lesson),
        },
    }
    return new_notebook(cells=cells, metadata=metadata)


def inputs_digest(project: Project, lesson: Lesson) -> str:
    """Return the digest of everything that a lesson's outputs depend on."""
    code = [
        solved(lesson, cell) + "\0" + starter(lesson, cell)
        for cell in lesson.cells
        if cell.kind == "code"
    ]
    digest = hashlib.sha256("\0".join(code).encode())
    source = project.root / "src"
    own = [
        f"workbook.{kind}.ch{lesson.chapter.number:02}"
        for kind in ("checks", "quizzes", "explorers")
    ]
    code_text = [solved(lesson, cell) for cell in lesson.cells if cell.kind == "code"]
    files = closure(source, [*imported_modules(code_text), *own])
    files += [
        artifact
        for path in files
        if path.parent.name == "experiments"
        for artifact in sorted((source / "flightline" / "artifacts").glob(f"{path.stem}.*"))
    ]
    files += [
        carried
        for path in files
        if path.name == "__init__.py" and path.parent.parent != source
        for carried in _carried_along(path.parent)
    ]
    data = project.root / "data"
    files += [project.root / "requirements.txt", data / "SHA256SUMS", *sorted(data.glob("*/*"))]
    for path in files:
        if path.is_file() and path.suffix != COMPILED:
            digest.update(path.relative_to(project.root).as_posix().encode())
            # Line ends differ between a Windows checkout and the others; the content doesn't.
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    if any("progress()" in text for text in code_text):
        # The map of the course shows every chapter.
        outline = [(c.title, c.minutes, c.exercises) for c in course.chapters()]
        digest.update(repr(outline).encode())
    return digest.hexdigest()[:32]


def _carried_along(package: Path) -> list[Path]:
    """Return the files of a package's folders that aren't packages: templates, configuration."""
    return [
        path
        for folder in sorted(package.iterdir())
        if folder.is_dir() and not (folder / "__init__.py").exists()
        for path in sorted(folder.rglob("*"))
    ]


def solutions_page(lesson: Lesson) -> str:
    """Return the page of a chapter's hints and solutions, in MyST Markdown."""
    chapter = lesson.chapter
    lines = [
        f"<!-- Made by `workbook build` from lessons/{lesson.path.name}: change the lesson. -->",
        "",
        f"# Solutions to chapter {chapter.number}",
        "",
        f"Each exercise of [{chapter.title}](../../notebooks/{chapter.name}.ipynb), "
        "with its hints and its solution.",
        "Open a hint before the solution: the exercise is worth more that way.",
        "",
    ]
    for exercise in course.exercises(chapter.number):
        lines += [f"## {exercise.id} {exercise.title}", ""]
        for at, hint in enumerate(exercise.hints, 1):
            lines += [f"::::{{dropdown}} Hint {at}", hint, "::::", ""]
        code = "\n\n".join(
            solved(lesson, cell) for cell in lesson.cells if cell.exercise == exercise.id
        )
        lines += ["::::{dropdown} Solution", "```python", code, "```", "", exercise.why, "::::", ""]
    return "\n".join(lines)


# --- building ------------------------------------------------------------------------------------


def build(project: Project, say: Callable[[str], None], only: Sequence[str] = ()) -> None:
    """Make every notebook and solutions page that isn't current.

    Parameters
    ----------
    project
        The course.
    say
        Gets one line for each thing that is done.
    only
        Chapters to build, by number or name; all where it is empty.

    Raises
    ------
    BuildError
        With one line for each lesson that fails.
    """
    if not only and _is_current(project):
        return
    lessons = chosen(read_all(project), only)
    todo: list[tuple[Lesson, NotebookNode]] = []
    for lesson in lessons:
        _write(project.solutions / f"{lesson.chapter.name}.md", solutions_page(lesson), say)
        path = project.notebooks / f"{lesson.chapter.name}.ipynb"
        notebook = notebook_of(project, lesson, starter)
        if reuse_outputs(notebook, _stored(path)):
            _write(path, as_text(notebook), say)
        else:
            todo.append((lesson, notebook))
    if not only:
        for path in _orphans(project, lessons):
            path.unlink()
            say(f"removed {_shown(project, path)}: no lesson makes it")

    def finish(lesson: Lesson, notebook: NotebookNode) -> list[str]:
        problems = starter_problems(lesson, notebook)
        if not problems:
            path = project.notebooks / f"{lesson.chapter.name}.ipynb"
            _write(path, as_text(notebook), say)
        return problems

    _execute_all(project, todo, finish, say)
    if not only:
        project.stamp.parent.mkdir(exist_ok=True)
        project.stamp.write_text(_everything(project), encoding="utf-8")


def _is_current(project: Project) -> bool:
    """Tell whether nothing at all changed since a build that succeeded.

    Reading the lessons takes seconds, most of them imports; reading bytes takes a moment.
    `drift` doesn't rely on it.
    """
    return project.stamp.is_file() and _read(project.stamp) == _everything(project)


def _everything(project: Project) -> str:
    """Return one digest of all that a build reads and of all that it makes."""
    digest = hashlib.sha256()
    patterns = (
        "lessons/*",
        "notebooks/*.ipynb",
        "book/solutions/*.md",
        "src/**/*",
        "data/SHA256SUMS",
        "data/*/*",
        "requirements.txt",
    )
    for pattern in patterns:
        for path in sorted(project.root.glob(pattern)):
            if path.is_file() and path.suffix != COMPILED:
                digest.update(f"\0{_shown(project, path)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def build_solved(project: Project, say: Callable[[str], None], only: Sequence[str] = ()) -> None:
    """Execute every lesson with its solutions; every check must be passed.

    Raises
    ------
    BuildError
        With one line for each check that isn't passed and each lesson that fails.
    """
    lessons = chosen(read_all(project), only)
    todo = [(lesson, notebook_of(project, lesson, solved)) for lesson in lessons]

    def finish(lesson: Lesson, notebook: NotebookNode) -> list[str]:
        _write(project.solved / f"{lesson.chapter.name}.ipynb", as_text(notebook), lambda _: None)
        return solved_problems(lesson, notebook)

    _execute_all(project, todo, finish, say)


def drift(project: Project) -> list[str]:
    """Say which generated files don't come from the lessons as they stand, without executing."""
    lessons = read_all(project)
    remedy = "run `make notebooks` and commit what it changes"
    findings = [
        f"{_shown(project, path)}: no lesson makes it; {remedy}."
        for path in _orphans(project, lessons)
    ]
    for lesson in lessons:
        page = project.solutions / f"{lesson.chapter.name}.md"
        path = project.notebooks / f"{lesson.chapter.name}.ipynb"
        source = f"lessons/{lesson.path.name}"
        if not page.is_file() or _read(page) != solutions_page(lesson):
            findings.append(f"{_shown(project, page)} doesn't come from {source}; {remedy}.")
        notebook = notebook_of(project, lesson, starter)
        stored = _stored(path)
        if stored is None:
            findings.append(f"{_shown(project, path)} is missing or unreadable; {remedy}.")
        elif not reuse_outputs(notebook, stored):
            why = _difference(lesson, notebook, stored)
            findings.append(f"{_shown(project, path)} doesn't come from {source} {why}; {remedy}.")
        elif as_text(notebook) != _read(path):
            findings.append(f"{_shown(project, path)} was changed by hand; {remedy}.")
    return findings


def _difference(lesson: Lesson, notebook: NotebookNode, stored: NotebookNode) -> str:
    for cell, made, kept in zip(lesson.cells, notebook.cells, stored.cells, strict=False):
        if made.source != kept.source:
            return f"(first difference: the cell at line {cell.line})"
    if len(notebook.cells) != len(stored.cells):
        return f"({len(stored.cells)} cells, and the lesson has {len(notebook.cells)})"
    return "as it stands (its code, a module it imports, its data or the environment changed)"


def chosen(lessons: Iterable[Lesson], only: Sequence[str]) -> list[Lesson]:
    """Return the lessons that are asked for by number, name or file."""
    lessons = list(lessons)
    if not only:
        return lessons
    picked = []
    for name in only:
        stem = Path(name).stem
        found = [
            lesson
            for lesson in lessons
            if stem == lesson.chapter.name
            or (stem.isdigit() and int(stem) == lesson.chapter.number)
        ]
        if not found:
            known = ", ".join(lesson.chapter.name for lesson in lessons)
            raise BuildError(f"There is no lesson `{name}`. There are: {known}.")
        picked += found
    return picked


def starter_problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Say which untouched starters don't get the verdict that their exercise states."""
    expected = {exercise.id: exercise.starter for exercise in course.exercises(_number(lesson))}
    return _verdict_problems(lesson, notebook, expected, "the untouched starter")


def solved_problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Say which solutions don't pass their check."""
    expected = {exercise.id: "passed" for exercise in course.exercises(_number(lesson))}
    return _verdict_problems(lesson, notebook, expected, "the solution")


def _verdict_problems(
    lesson: Lesson, notebook: NotebookNode, expected: dict[str, str], what: str
) -> list[str]:
    found = verdicts(notebook)
    lines = {cell.exercise: cell.line for cell in lesson.cells if cell.exercise}
    return [
        f"lessons/{lesson.path.name}:{lines[name]}: {what} of exercise {name} gives "
        f"{found.get(name, 'no verdict: no cell checks it')!r}, expected {verdict!r}."
        for name, verdict in expected.items()
        if found.get(name) != verdict
    ]


def verdicts(notebook: NotebookNode) -> dict[str, str]:
    """Return the last verdict on each exercise that an executed notebook shows."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            facts = output.get("metadata", {}).get("workbook", {})
            if "exercise" in facts:
                message = f":{facts['message']}" if facts["outcome"] == "wrong" else ""
                found[facts["exercise"]] = facts["outcome"] + message
    return found


def _number(lesson: Lesson) -> int:
    return lesson.chapter.number


# --- executing -----------------------------------------------------------------------------------


def _execute_all(
    project: Project,
    todo: list[tuple[Lesson, NotebookNode]],
    finish: Callable[[Lesson, NotebookNode], list[str]],
    say: Callable[[str], None],
) -> None:
    problems: list[str] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = {
            pool.submit(execute, project, lesson, notebook): lesson for lesson, notebook in todo
        }
        for at, done in enumerate(as_completed(running), 1):
            lesson = running[done]
            try:
                found = finish(lesson, done.result())
            except LessonError as error:
                found = [str(error)]
            problems += found
            state = "failed" if found else "executed"
            say(f"[{at}/{len(todo)}] {lesson.chapter.name} {state}")
    if problems:
        raise BuildError("\n".join(sorted(problems)))


def execute(project: Project, lesson: Lesson, notebook: NotebookNode) -> NotebookNode:
    """Execute a notebook in a fresh kernel and clean its outputs of all that varies.

    Raises
    ------
    LessonError
        Where a cell raises, writes to the error stream (a warning does), or never ends, or where
        the lesson leaves a file or a process behind.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    project.notebooks.mkdir(exist_ok=True)
    client: NotebookClient = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        # The kernel's own log, such as its advice on transports, has no place in a build's output.
        extra_arguments=["--IPKernelApp.log_level=40"],
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(project.notebooks)}},
    )
    with Surroundings() as around:
        try:
            client.execute(env={**os.environ, **ENVIRONMENT, **around.variables})
        except CellTimeoutError:
            raise LessonError(lesson.path, 1, f"a cell runs over {CELL_SECONDS} seconds.") from None
        except DeadKernelError:
            raise LessonError(lesson.path, 1, "the kernel died while it ran.") from None
        left = around.left_behind()
    notebook.metadata["language_info"] = {"name": "python"}
    for at, (cell, made) in enumerate(zip(lesson.cells, notebook.cells, strict=True), 1):
        made.metadata.pop("execution", None)
        for output in made.get("outputs", ()):
            _refuse(lesson, cell, at, output)
            output.get("data", {}).pop(WIDGET_VIEW, None)
            alt = output.get("metadata", {}).get("alt")
            if alt:
                made.metadata["mystnb"] = {"image": {"alt": alt}}
    if left:
        raise LessonError(lesson.path, 1, f"leaves behind: {', '.join(left)}.")
    return notebook


def _refuse(lesson: Lesson, cell: Cell, at: int, output: NotebookNode) -> None:
    """Raise for an output that has no place in a lesson: an error, or a warning."""
    if output.output_type == "error":
        trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
        marked = re.findall(r"^-+> (\d+) (.*)$", trace, re.MULTILINE)
        offset, code = marked[0] if marked else ("1", "")
        raise LessonError(
            lesson.path,
            cell.line + int(offset) - 1,
            f"cell {at} raises {output.ename}: {output.evalue} ({code.strip()}).",
        )
    if output.output_type == "stream" and output.name == "stderr":
        said = output.text.strip().splitlines() or [""]
        raise LessonError(
            lesson.path, cell.line, f"cell {at} writes to the error stream: {said[0][:200]}"
        )


def reuse_outputs(notebook: NotebookNode, stored: NotebookNode | None) -> bool:
    """Copy the outputs of a stored notebook whose inputs and code are the same; say if it did."""
    if stored is None:
        return False
    same = notebook.metadata["workbook"] == stored.metadata.get("workbook")
    made = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept = [cell for cell in stored.cells if cell.cell_type == "code"]
    if not same or [cell.source for cell in made] != [cell.source for cell in kept]:
        return False
    for cell, old in zip(made, kept, strict=True):
        cell.outputs = old.outputs
        cell.execution_count = old.execution_count
        if "mystnb" in old.metadata:
            cell.metadata["mystnb"] = old.metadata["mystnb"]
    return True


# --- files ---------------------------------------------------------------------------------------


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook's bytes as they are stored."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _stored(path: Path) -> NotebookNode | None:
    import nbformat

    try:
        return nbformat.from_dict(json.loads(_read(path)))
    except (OSError, ValueError):
        return None


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str, say: Callable[[str], None]) -> None:
    """Write a file whole or not at all, and only where it changes."""
    if path.is_file() and _read(path) == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)
    say(f"wrote {path.parent.name}/{path.name}")


def _orphans(project: Project, lessons: Iterable[Lesson]) -> list[Path]:
    names = {lesson.chapter.name for lesson in lessons}
    made = [*project.notebooks.glob("*.ipynb"), *project.solutions.glob("*.md")]
    return sorted(path for path in made if path.stem not in names)


def _shown(project: Project, path: Path) -> str:
    return path.relative_to(project.root).as_posix()
