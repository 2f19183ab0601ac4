"""Measure what a check takes beyond the answer's own time, on the solutions of one lesson.

Prints JSON: exercise -> [seconds of the check, seconds of the answer inside it].
"""

import contextlib
import functools
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

from workbook import classroom
from workbook.exercise import Exercise, Verdict
from workbook.lessons import read_lesson, solved

evaluate = classroom.evaluate
measured: dict[str, tuple[float, float]] = {}


def timed(answer: Any, spent: list[float]) -> Any:
    """Wrap a function so that it records how long each call takes."""
    if not callable(answer):
        return answer

    @functools.wraps(answer)
    def call(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return answer(*args, **kwargs)
        finally:
            spent.append(time.perf_counter() - started)

    return call


def measure(exercise: Exercise, given: Any) -> Verdict:
    """Evaluate twice, the first time to load what the check needs, and keep the second."""
    evaluate(exercise, given)
    spent: list[float] = []
    started = time.perf_counter()
    verdict = evaluate(exercise, timed(given, spent))
    measured[exercise.id] = (time.perf_counter() - started, sum(spent))
    return verdict


def main(path: Path) -> None:
    """Run a lesson's code with its solutions in this process."""
    classroom.evaluate = measure
    lesson = read_lesson(path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in lesson.cells:
            if cell.kind == "code":
                exec(compile(solved(lesson, cell), path.name, "exec"), namespace)
    print(json.dumps(measured))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
