"""Measure what the course costs its people, beside what they would use instead.

`make bench` runs everything (several minutes), `make bench QUICK=1` what takes under a minute.
Both sides of a ratio are measured in the same run. Nothing here is a test.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page_weight import weigh
from workbook.build import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
NOT_COPIED = (".venv", ".git", "_build", "__pycache__", ".*_cache", ".hypothesis")


class Table:
    """Prints a row as soon as it is measured."""

    def __init__(self) -> None:
        print(f"{'':44}{'ours':>10}  {'instead':>10}  {'ratio':>7}")

    def row(self, what: str, ours: float, instead: tuple[str, float] | None = None) -> None:
        """Print one measurement, in seconds, and what it is compared with."""
        line = f"{what:44}{_seconds(ours):>10}"
        if instead is not None:
            name, theirs = instead
            line += f"  {_seconds(theirs):>10}  {ours / theirs:>7.2f}  {name}"
        print(line, flush=True)

    def note(self, what: str, value: str) -> None:
        """Print a measurement that is not a time."""
        print(f"{what:44}{value:>10}", flush=True)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


def run(command: Sequence[str], root: Path = ROOT) -> tuple[float, str]:
    """Run one command in a checkout; return its time and what it printed."""
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "MPLBACKEND": "agg",
        # The copy's own packages come before those that the environment points at.
        "PYTHONPATH": str(root / "src"),
    }
    program = shutil.which(command[0], path=str(SCRIPTS)) or command[0]
    started = time.perf_counter()
    outcome = subprocess.run(
        [program, *command[1:]],
        cwd=root,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    spent = time.perf_counter() - started
    if outcome.returncode != 0:
        said = (outcome.stdout + outcome.stderr).strip()
        sys.exit(f"{said}\nNothing to measure: `{' '.join(command)}` failed, see above.")
    return spent, outcome.stdout


def seconds(command: Sequence[str], root: Path = ROOT) -> float:
    """Time one command in a checkout."""
    return run(command, root)[0]


def copy_checkout(folder: Path) -> Path:
    """Copy the checkout to a folder, without what is made from it by tools."""
    return Path(shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED)))


def start_up(code: str, repeats: int = 5) -> float:
    """Time a new Python that runs the code, beyond one that runs nothing; the fastest of some."""
    commands = ([sys.executable, "-c", code], [sys.executable, "-c", "pass"])
    own, bare = (min(seconds(command) for _ in range(repeats)) for command in commands)
    return own - bare


def measure_imports(table: Table) -> None:
    """Measure the packages' start-up."""
    instead = ("import pandas", start_up("import pandas"))
    table.row("import workbook", start_up("import workbook"), instead)


def measure_data(table: Table, folder: Path) -> None:
    """Measure loading the flights against reading the same table as CSV."""
    import pandas as pd

    from flightline.data import load_flights

    flights = load_flights()
    csv = folder / "flights.csv"
    flights.to_csv(csv, index=False)

    def fastest(load: str) -> float:
        setup = "import time, pandas as pd; from flightline.data import load_flights; "
        code = f"{setup}t = time.perf_counter(); {load}; print(time.perf_counter() - t)"
        return min(float(run([sys.executable, "-c", code])[1]) for _ in range(2))

    times = [
        name for name, dtype in flights.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)
    ]
    read_csv = fastest(f"pd.read_csv({str(csv)!r}, parse_dates={times!r})")
    table.row("load all flights", fastest("load_flights()"), ("pandas.read_csv", read_csv))


def measure_checks(table: Table) -> None:
    """Measure a check beyond its answer, over all exercises."""
    measured: dict[str, tuple[float, float]] = {}
    for lesson in sorted((ROOT / "lessons").glob("*.md")):
        command = [sys.executable, "-m", "benchmarks.check_latency", str(lesson)]
        measured.update(json.loads(run(command)[1]))
    checks = [check for check, _ in measured.values()]
    answers = [answer for _, answer in measured.values() if answer > 0]
    beyond = {name: check - answer for name, (check, answer) in measured.items()}
    slowest = max(beyond, key=lambda name: beyond[name])
    instead = ("the answer alone", statistics.median(answers)) if answers else None
    table.row("a check (median)", statistics.median(checks), instead)
    table.row(f"a check beyond its answer (slowest: {slowest})", beyond[slowest])


def measure_engines(table: Table, years: int) -> None:
    """Measure one feature table of several years by each engine, against pandas."""
    measured = json.loads(run([sys.executable, "-m", "benchmarks.engines", str(years)])[1])
    instead = ("pandas", measured["pandas"][0])
    for engine, (spent, peak) in measured.items():
        what = f"feature table of {years} years, {engine}"
        table.row(what, spent, None if engine == "pandas" else instead)
        table.note(f"  its largest process, {engine}", f"{peak:,.0f} MB")


def measure_audit(table: Table) -> None:
    """Measure the audit of this repository, against parsing its Python files and no more."""
    code = (
        "import ast, pathlib, subprocess; "
        "names = subprocess.run(['git', 'ls-files', '*.py'], capture_output=True, text=True); "
        "[ast.parse(pathlib.Path(p).read_text('utf-8')) for p in names.stdout.splitlines()]"
    )
    parsed = seconds([sys.executable, "-c", code])
    table.row("audit of the course", seconds(["workbook", "audit", "."]), ("ast.parse", parsed))


def measure_builds(table: Table, folder: Path, quick: bool) -> None:
    """Measure the lesson builder in a copy, against executing each lesson with jupytext."""
    copy = copy_checkout(folder / "build")
    lessons = sorted((copy / "lessons").glob("*.md"))
    instead = None
    if quick:
        seconds(["workbook", "build"], copy)
    else:
        command = ["jupytext", "--to", "ipynb", "--execute", "-o", str(folder / "executed.ipynb")]
        jupytext = sum(seconds([*command, str(path)], copy) for path in lessons)
        instead = ("jupytext --execute, one by one", jupytext)
        shutil.rmtree(copy / "notebooks")
        shutil.rmtree(copy / "book" / "solutions")
        table.row("build, from nothing", seconds(["workbook", "build"], copy), instead)
    table.row("build, nothing changed", seconds(["workbook", "build"], copy), instead)
    with lessons[0].open("a", encoding="utf-8") as lesson:
        lesson.write("\nOne more sentence.\n")
    table.row("build, one lesson's prose changed", seconds(["workbook", "build"], copy), instead)


def measure_book(table: Table, folder: Path) -> None:
    """Measure building the book in a copy, and weigh its chapter pages."""
    copy = copy_checkout(folder / "book")
    command = ["jupyter-book", "build", ".", "-q"]
    first = seconds(command, copy)
    table.row("book, from nothing", first)
    table.row("book, nothing changed", seconds(command, copy), ("from nothing", first))
    for page in sorted((copy / "_build" / "html" / "notebooks").glob("*.html")):
        plain, compressed = (size / 1e6 for size in weigh(page))
        table.note(f"page {page.stem}", f"{plain:.2f} MB ({compressed:.2f} MB compressed)")


def measure_setup(table: Table, folder: Path) -> None:
    """Measure a new environment from the packages that earlier set-ups downloaded."""
    copy = copy_checkout(folder / "setup")
    command = [sys.executable, "tools/setup_environment.py", "--python", sys.executable]
    first = seconds(command, copy)
    again = seconds(command, copy)
    plain = seconds([sys.executable, "-m", "venv", str(folder / "plain")])
    python = folder / "plain" / SCRIPTS.name / Path(sys.executable).name
    options = ["--quiet", "--require-hashes", "-r", "requirements.txt"]
    plain += seconds([str(python), "-m", "pip", "install", *options])
    table.row("set-up, packages in the cache", first, ("venv and pip install", plain))
    table.row("set-up, nothing to do", again)


def measure_replay(table: Table, folder: Path) -> None:
    """Measure the capstone's whole year from the shell, against the same year with no decision."""
    command = ["flightline", "replay", "--scenario", "year", "--folder", str(folder / "reference")]
    code = (
        "import sys; from flightline.replay import DO_NOTHING, replay; "
        "replay(DO_NOTHING, sys.argv[1], 'year')"
    )
    nothing = seconds([sys.executable, "-c", code, str(folder / "nothing")])
    table.row("replay of a year", seconds(command), ("nobody ever acts", nothing))


def measure_verification(table: Table) -> None:
    """Measure everything that `make test` does, against executing the notebooks and no more."""
    code = (
        "import sys, nbformat, nbclient; "
        "nbclient.NotebookClient(nbformat.read(sys.argv[1], 4)).execute(cwd='notebooks')"
    )
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    floor = sum(seconds([sys.executable, "-c", code, str(path)]) for path in notebooks)
    whole = seconds([sys.executable, "-m", "tools.verify"])
    table.row("whole verification", whole, ("notebooks executed by nbclient", floor))


def main() -> None:
    """Measure and print, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what takes under a minute")
    quick = parser.parse_args().quick
    table = Table()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        measure_imports(table)
        measure_checks(table)
        measure_audit(table)
        measure_builds(table, folder, quick)
        if not quick:
            measure_data(table, folder)
            measure_engines(table, 20)
            measure_book(table, folder)
            measure_setup(table, folder)
            measure_replay(table, folder)
            measure_verification(table)


if __name__ == "__main__":
    main()
