"""The exercises of chapter 06: writing twice, publishing whole, what depends on what."""

import io
import os
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workbook.exercise import (
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    names,
    table,
    text,
    wrong,
)

# --- 6.1 Make the append idempotent --------------------------------------------------------------

# Flight number, month, day, carrier, arrival delay. Two flights of UA share their number, on
# different days, as real flights do.
PUBLISHED = (
    (11, 1, 5, "UA", 4.0),
    (12, 1, 31, "B6", 61.0),
    (21, 2, 8, "UA", 35.0),
    (21, 2, 9, "UA", 35.0),
    (22, 2, 9, "DL", -7.0),
    (23, 2, 10, "DL", None),
    (25, 2, 28, "EV", 8.0),
)
MARCH = ((31, 3, 1, "AA", 12.0), (21, 3, 8, "UA", 35.0))
# The delay of 8 February was corrected, DL 22 withdrawn, MQ 24 is new.
FEBRUARY = (
    (21, 2, 8, "UA", 15.0),
    (21, 2, 9, "UA", 35.0),
    (23, 2, 10, "DL", None),
    (24, 2, 11, "MQ", 50.0),
    (25, 2, 28, "EV", 8.0),
)
LOST = wrong(
    "loses-flights",
    "UA 21 flew on 8 and on 9 February, and after your function at least one of the two is gone. "
    "Carrier and flight number repeat from day to day; they don't tell flights apart.",
)
BY_UTC = wrong(
    "by-utc-month",
    "EV 25 left on the evening of 28 February, when it was March already in UTC. Adding March has "
    "removed it. The months are New York's: take them from `month`, not from a time in UTC.",
)
MONTH_NAMES = {1: "January", 2: "February", 3: "March"}
Row = tuple[int, int, int, str, float | None]


def _hour(row: Row) -> datetime:
    """Return the hour of departure in UTC: at noon, or for EV in the evening of New York."""
    return datetime(2013, row[1], row[2], 17) + timedelta(hours=9 if row[3] == "EV" else 0)


def _flights(rows: Iterable[Row]) -> Any:
    import pandas as pd

    listed = list(rows)
    flights = pd.DataFrame(
        {
            "year": 2013,
            "month": [row[1] for row in listed],
            "day": [row[2] for row in listed],
            "time_hour": pd.DatetimeIndex([_hour(row) for row in listed], tz="UTC"),
            "scheduled_departure": pd.DatetimeIndex(
                [_hour(row).replace(minute=30) for row in listed], tz="UTC"
            ),
            "carrier": [row[3] for row in listed],
            "flight": [row[0] for row in listed],
            "arr_delay": [row[4] for row in listed],
        }
    )
    return flights.astype({"month": int, "day": int, "flight": int, "arr_delay": float})


def _rows(value: Any) -> Counter[Row]:
    flights = table(value)
    columns = ["flight", "month", "day", "carrier", "arr_delay"]
    if not set(columns) <= set(flights.columns):
        raise Mismatch("a table with the columns of `published`")
    return Counter(
        (int(flight), int(month), int(day), str(carrier), None if delay != delay else float(delay))
        for flight, month, day, carrier, delay in flights[columns].itertuples(index=False)
    )


def check_append(answer: Answer) -> Verdict | None:
    """Add a month, add it again, correct one, then two at once, none, and the very first."""
    published, march, february = _flights(PUBLISHED), _flights(MARCH), _flights(FEBRUARY)
    if answer.mutates(published, february):
        return wrong(
            "changes-input",
            "Your function changes the table that it is given. A crash half-way would leave it "
            "damaged: build a new table and return that.",
        )
    first = answer.call(published, march, returns=_rows)
    before = Counter(PUBLISHED)
    if first == Counter(MARCH):
        return wrong(
            "loses-other-months",
            "Only the batch is left. The months that aren't in the batch have to stay.",
        )
    if first == before:
        return wrong(
            "adds-nothing",
            "March wasn't published before, and after your function it still isn't.",
        )
    if not first[PUBLISHED[2]] or not first[PUBLISHED[3]]:
        return LOST
    if first == before + Counter(MARCH) - Counter([PUBLISHED[-1]]):
        return BY_UTC
    if before + Counter(MARCH) != first:
        return _difference(first, before + Counter(MARCH), "After adding March")
    both = _flights([*PUBLISHED, *MARCH])
    again = answer.call(both, march, returns=_rows)
    if again == first + Counter(MARCH):
        return wrong(
            "doubles",
            "Adding March a second time doubles it: 2 flights in the batch, 4 in the table. "
            "Look at what the table already holds of the batch's months before you add.",
        )
    if again != first:
        return _difference(again, first, "After adding March twice")
    return _corrected(answer, published, february) or _other_batches(answer, published)


def _corrected(answer: Answer, published: Any, february: Any) -> Verdict | None:
    kept = Counter(row for row in PUBLISHED if row[1] == 1)
    expected = kept + Counter(FEBRUARY)
    found = answer.call(published, february, returns=_rows)
    old, new, withdrawn = PUBLISHED[2], FEBRUARY[0], PUBLISHED[4]
    if found == Counter(PUBLISHED):
        return wrong(
            "skips-month",
            "February came again with a corrected delay, and your function leaves the old month as "
            "it was. A batch that is skipped because its month exists can never correct anything.",
        )
    if found[old] and found[new]:
        return wrong(
            "keeps-both",
            "A delay of February was corrected from 35 to 15 minutes, and now the table holds the "
            "flight with both. Rows that differ in one value are no duplicates to pandas.",
        )
    if found[old]:
        return wrong(
            "keeps-old",
            "A delay of February was corrected from 35 to 15 minutes, and the table still says 35. "
            "What arrives later is what counts.",
        )
    if not found[FEBRUARY[0]] or not found[FEBRUARY[1]]:
        return LOST
    if found[withdrawn]:
        return wrong(
            "keeps-withdrawn",
            "DL 22 is no longer in the February that arrived, and the table still has it. The "
            "batch is the complete month: what isn't in it has to go.",
        )
    return None if found == expected else _difference(found, expected, "After February came again")


def _other_batches(answer: Answer, published: Any) -> Verdict | None:
    import pandas as pd

    march = _flights(MARCH)
    # Row labels repeat after a concat: both January and March have a row 0.
    labels_repeat = pd.concat([published, march])
    found = answer.call(labels_repeat, march, returns=_rows)
    if found != Counter([*PUBLISHED, *MARCH]):
        return wrong(
            "by-label",
            "After an earlier `concat` two rows can have the same label, here a flight of January "
            "and one of March, and your function confuses them. Select the rows by a condition "
            "and not by their labels.",
        )
    two = _flights([*FEBRUARY, *MARCH])
    both = answer.call(_flights([*PUBLISHED, *MARCH]), two, returns=_rows)
    expected = Counter(row for row in PUBLISHED if row[1] == 1) + Counter([*FEBRUARY, *MARCH])
    if both != expected:
        return wrong(
            "one-month-only",
            "A batch may hold more than one month: with February and March in it, both have to be "
            "replaced. Your function treats the batch as one month.",
        )
    empty = _flights([])
    if answer.call(published, empty, returns=_rows) != Counter(PUBLISHED):
        return wrong("empty-batch", "An empty batch holds no month, so it changes nothing.")
    if answer.call(empty, march, returns=_rows) != Counter(MARCH):
        return wrong(
            "first-batch", "When nothing was published yet, the table is the batch afterwards."
        )
    return None


def _difference(found: Counter[Row], expected: Counter[Row], when: str) -> Verdict:
    missing, extra = expected - found, found - expected
    row = next(iter(missing or extra))
    what = "is missing" if missing else "is there, or is there too often,"
    return wrong(
        "other-rows",
        f"{when}, {row[3]} {row[0]} of {row[2]} {MONTH_NAMES.get(row[1], row[1])} {what} in your "
        "table.",
    )


# --- 6.2 Publish whole or not at all -------------------------------------------------------------

OLD = '{"late_rate": 0.1456}\n'
# Short enough to wait in a buffer until somebody flushes or closes the file.
NEW = '{"late_rate": 0.1572, "note": "révisé"}\n'
# Half of a surrogate pair: no encoding can write it, so writing fails.
UNWRITABLE = '{"late_rate": 0.19}\n' * 500 + "\ud83d" + '{"late_rate": 0.19}\n' * 500


def check_publish(answer: Answer) -> Verdict | None:
    """Publish the first time, fail in the middle, publish again, and watch the moment."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "late_rate.json")
        answer.call(str(target), OLD, returns=_anything)
        if not target.exists():
            return wrong(
                "nothing-written",
                "After the call there is no file at `path`. The first publication finds no file "
                "there, and that has to work too.",
            )
        if _content(target) != OLD:
            return wrong("other-content", "The file doesn't hold exactly the `text`.")
        return (
            _left_behind(target)
            or _failing(answer, target)
            or _replacing(answer, target)
            or _left_after_failure(target)
        )


def _anything(value: Any) -> Any:
    return value


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _failing(answer: Answer, target: Path) -> Verdict | None:
    raised = False
    try:
        answer.call(str(target), UNWRITABLE, returns=_anything)
    except Stop as stop:
        if stop.verdict.message_id != "raises":
            raise
        raised = True
    content = _content(target)
    if content is None or (content != OLD and UNWRITABLE.startswith(content)):
        return wrong(
            "destroys-old",
            "Writing failed in the middle, and the old text is gone: a reader finds "
            f"{'no file' if not target.exists() else 'an empty or a partial file'}. Opening a "
            'file with "w" empties it at once. Write somewhere else first.',
        )
    if content != OLD:
        return wrong(
            "writes-altered",
            "A text that can't be written whole was published in an altered form. Let the error "
            "out: nothing is better than something else.",
        )
    if not raised:
        return wrong(
            "swallows",
            "A text couldn't be written, and your function returned as if it had been. Let the "
            "error out, so that the caller knows.",
        )
    return None


@contextmanager
def _watched(target: Path, seen: list[dict[str, Any]], unnamed: list[Any]) -> Iterator[None]:
    """Record what is on the disk at each moment when something takes the target's name.

    Also recorded, in `unnamed`: files opened for text without an encoding.
    """
    real: dict[str, Any] = {
        **{name: getattr(os, name) for name in ("replace", "rename", "fsync")},
        "open": io.open,
        "text_encoding": io.text_encoding,
    }
    synced: list[bool] = []

    def moving(name: str) -> Callable[..., Any]:
        def move(source: Any, destination: Any, **others: Any) -> Any:
            if Path(os.fsdecode(destination)).resolve() == target.resolve():
                aside = Path(os.fsdecode(source))
                seen.append(
                    {
                        "there": target.exists(),
                        "whole": _content(aside) == NEW,
                        "beside": aside.resolve().is_relative_to(target.resolve().parent),
                        "synced": any(synced),
                        "synced_early": bool(synced) and not any(synced),
                    }
                )
            return real[name](source, destination, **others)

        return move

    def fsync(descriptor: Any) -> None:
        real["fsync"](descriptor)
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode):
            synced.append(state.st_size >= len(NEW.encode("utf-8")))

    def opening(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: Any = None,
        *others: Any,
        **named: Any,
    ) -> Any:
        if "b" not in mode and mode != "r" and encoding in (None, "locale"):
            unnamed.append(file)
        return real["open"](file, mode, buffering, encoding, *others, **named)

    def text_encoding(encoding: Any, stacklevel: int = 2) -> Any:
        # pathlib asks it, and in Python's UTF-8 mode hands a name on to `open`.
        if encoding is None:
            unnamed.append(encoding)
        return real["text_encoding"](encoding, stacklevel)

    watched = {
        "text_encoding": text_encoding,
        "replace": moving("replace"),
        "rename": moving("rename"),
        "fsync": fsync,
        "open": opening,
    }
    places = _places(real)
    try:
        for namespace, key, name in places:
            namespace[key] = watched[name]
        yield
    finally:
        for namespace, key, name in places:
            namespace[key] = real[name]


def _places(functions: dict[str, Any]) -> list[tuple[dict[str, Any], str, str]]:
    """Find every name of these functions in any module: `from os import replace` makes one."""
    names_of = {id(function): name for name, function in functions.items()}
    return [
        (namespace, key, names_of[id(value)])
        for module in list(sys.modules.values())
        if isinstance(namespace := getattr(module, "__dict__", None), dict)
        for key, value in list(namespace.items())
        if id(value) in names_of
    ]


def _replacing(answer: Answer, target: Path) -> Verdict | None:
    target.write_text(OLD, encoding="utf-8")
    identity = os.stat(target).st_ino
    seen: list[dict[str, Any]] = []
    unnamed: list[Any] = []
    with _watched(target, seen, unnamed):
        answer.call(str(target), NEW, returns=_anything)
    if _content(target) != NEW:
        return wrong("not-replaced", "A file was there already, and it still holds the old text.")
    if not seen and os.stat(target).st_ino == identity:
        return wrong(
            "in-place",
            "The old file is filled again, piece by piece: a reader at that moment gets a part of "
            "it. Let a finished file take over the name in one step.",
        )
    return (_moment(seen[-1]) if seen else None) or _encoding(unnamed)


def _encoding(unnamed: list[Any]) -> Verdict | None:
    if not unnamed:
        return None
    return wrong(
        "no-encoding",
        "You open the file without naming an encoding, so it is the machine's: elsewhere an `é` "
        'comes out as something else. Say `encoding="utf-8"`.',
    )


def _moment(moved: dict[str, Any]) -> Verdict | None:
    if not moved["there"]:
        return wrong(
            "gap",
            "You remove the old file before the new one takes its name. Between the two there is "
            "no file, and a crash would leave it so. `os.replace` needs no removing.",
        )
    if not moved["whole"]:
        return wrong(
            "not-closed",
            "At the moment when the file takes over the name, its text isn't in it yet: part of it "
            "still waits in the buffer. Rename after the file is closed or flushed.",
        )
    if not moved["beside"]:
        return wrong(
            "other-folder",
            "The new file is written in another folder. That may be another disk, and a file can't "
            "take over a name on another disk in one step. Write it beside `path`.",
        )
    if moved["synced_early"]:
        return wrong(
            "fsync-too-early",
            "`os.fsync` ran while the text was still in Python's buffer: it brought an empty file "
            "to the disk. Empty the buffer before with `flush`.",
        )
    if not moved["synced"]:
        return wrong(
            "no-fsync",
            "The new name may reach the disk before the text does: after a power failure the file "
            "can be empty. Call `os.fsync` on the open file before it takes over the name.",
        )
    return None


def _left_behind(target: Path) -> Verdict | None:
    if _beside(target):
        return wrong(
            "leaves-files",
            "After publishing there is a file too many beside the published one. Whoever reads the "
            "folder would read it too.",
        )
    return None


def _left_after_failure(target: Path) -> Verdict | None:
    # A leftover with a fixed name is gone by now: the next attempt has used it.
    backups = [name for name in _beside(target) if _content(target.with_name(name)) == OLD]
    if backups:
        return wrong(
            "keeps-backup",
            f"A copy of the old text stays beside the published one, as `{backups[0]}`. Whoever "
            "reads the folder would read both; older versions are kept elsewhere.",
        )
    if _beside(target):
        return wrong(
            "leaves-after-failure",
            "The attempt that failed left its unfinished file, and the next one didn't use it: "
            "every failure adds a file. Take a fixed name, or remove the file when writing fails.",
        )
    return None


def _beside(target: Path) -> list[str]:
    return [path.name for path in target.parent.iterdir() if path != target]


# --- 6.3 What must run again? --------------------------------------------------------------------

GRAPH = {
    "report.html": ["quarter.json", "alarm.json", "logo.png"],
    "alarm.json": ["quarter.json", "alarm.py"],
    "quarter.json": ["summary/2013-01.json", "summary/2013-02.json", "quarter.py"],
    "summary/2013-02.json": ["raw/2013-02.csv", "summary.py"],
    "summary/2013-01.json": ["raw/2013-01.csv", "summary.py"],
}
LATE = ["quarter.json", "alarm.json", "report.html"]
REASONS = (
    (["raw/2013-02.csv"], ["summary/2013-02.json", *LATE]),
    (["summary.py"], ["summary/2013-01.json", "summary/2013-02.json", *LATE]),
    (["logo.png"], ["report.html"]),
    (["raw/2013-01.csv", "alarm.py"], ["summary/2013-01.json", *LATE]),
)


def check_must_rerun(answer: Answer) -> Verdict | None:
    """Change a file, code that two steps share, the last input, two things, and nothing."""
    for changed, expected in REASONS:
        found = answer.call(GRAPH, changed, returns=names)
        if set(found) != set(expected):
            turned = dict(reversed(GRAPH.items()))
            if set(answer.call(turned, changed, returns=names)) == set(expected):
                return wrong(
                    "one-pass",
                    "Your answer depends on the order in which the steps stand in `graph`: turned "
                    "round, it is another one. Going through the steps once finds a step only if "
                    "what it needs stands before it.",
                )
        verdict = _rerun(changed, found, expected)
        if verdict:
            return verdict
    for changed in ([], ["notes.txt"]):
        if answer.call(GRAPH, changed, returns=names):
            return wrong(
                "something-for-nothing",
                "When nothing changed that a step needs, nothing has to run, and your function "
                "names something.",
            )
    return None


def _rerun(changed: list[str], found: list[str], expected: list[str]) -> Verdict | None:
    what = " and ".join(f"`{name}`" for name in changed)
    sources = [name for name in found if name not in GRAPH]
    if sources:
        return wrong(
            "names-a-source",
            f"`{sources[0]}` is nothing that a step makes. It is an input, and inputs don't run.",
        )
    if set(found) == set(GRAPH) and len(expected) < len(GRAPH):
        return wrong(
            "everything",
            f"After a change of {what} you run all {len(GRAPH)} steps again. That is right and "
            f"costs too much: {len(expected)} would do.",
        )
    direct = [step for step, needs in GRAPH.items() if set(needs) & set(changed)]
    if set(found) == set(direct) != set(expected):
        return wrong(
            "only-direct",
            f"You name the steps that need {what} directly. What they make has changed too, and "
            "other steps need that.",
        )
    too_much = [step for step in found if step not in expected]
    if too_much:
        return wrong(
            "too-much", f"`{too_much[0]}` doesn't depend on {what}, directly or through others."
        )
    missing = [step for step in expected if step not in found]
    if missing:
        return wrong(
            "misses",
            f"After a change of {what}, `{missing[0]}` has to run again and your list lacks it. "
            "Go on until a round finds nothing new.",
        )
    if len(found) != len(set(found)):
        twice = next(step for step in found if found.count(step) > 1)
        return wrong(
            "twice",
            f"`{twice}` would run twice. It depends on the change by more than one way, and one "
            "run after all of them is enough.",
        )
    for at, step in enumerate(found):
        later = [name for name in found[at + 1 :] if name in GRAPH[step]]
        if later:
            return wrong(
                "wrong-order",
                f"`{step}` runs before `{later[0]}`, which it needs: it would read the old one. A "
                "step can run once everything that it needs and that changes has run.",
            )
    return None


# --- 6.4 Which file made the number wrong? -------------------------------------------------------

BEFORE = {
    "raw/2013-01.csv": {"hash": "a1", "inputs": []},
    "raw/2013-02.csv": {"hash": "b1", "inputs": []},
    "raw/2013-03.csv": {"hash": "c1", "inputs": []},
    "weather.csv": {"hash": "w1", "inputs": []},
    "summary.py": {"hash": "s1", "inputs": []},
    "quarter.py": {"hash": "q1", "inputs": []},
    "summary/2013-01.json": {"hash": "d1", "inputs": ["raw/2013-01.csv", "summary.py"]},
    "summary/2013-02.json": {"hash": "e1", "inputs": ["raw/2013-02.csv", "summary.py"]},
    "quarter.json": {
        "hash": "f1",
        "inputs": ["summary/2013-01.json", "summary/2013-02.json", "quarter.py"],
    },
    "storms.json": {"hash": "g1", "inputs": ["weather.csv", "raw/2013-02.csv"]},
}


def _with(changes: dict[str, str], inputs: dict[str, list[str]] | None = None) -> dict[str, Any]:
    records: dict[str, Any] = {
        name: {"hash": changes.get(name, record["hash"]), "inputs": list(record["inputs"])}
        for name, record in BEFORE.items()
    }
    for name, needs in (inputs or {}).items():
        records.setdefault(name, {"hash": changes.get(name, "n1")})["inputs"] = needs
    return records


NUMBER = "quarter.json"
WITH_FEBRUARY = {"raw/2013-02.csv": "b2", "summary/2013-02.json": "e2", NUMBER: "f2"}
ONE_FILE = _with({**WITH_FEBRUARY, "weather.csv": "w2", "storms.json": "g2"})
BOTH_FILES = _with({**WITH_FEBRUARY, "raw/2013-01.csv": "a2"})
CODE = _with(
    {"summary.py": "s2", "summary/2013-01.json": "d2", "summary/2013-02.json": "e2", NUMBER: "f2"}
)
MORE = _with(
    {NUMBER: "f2", "summary/2013-03.json": "h1"},
    {
        "summary/2013-03.json": ["raw/2013-03.csv", "summary.py"],
        NUMBER: [*BEFORE[NUMBER]["inputs"], "summary/2013-03.json", "holidays.csv"],
        "holidays.csv": [],
    },
)
LESS = _with({NUMBER: "f2"}, {NUMBER: ["summary/2013-01.json", "quarter.py"]})
del LESS["summary/2013-02.json"], LESS["raw/2013-02.csv"], LESS["storms.json"]
OUTPUTS = {name for records in (BEFORE, MORE) for name in records if records[name]["inputs"]}


def check_changed_sources(answer: Answer) -> Verdict | None:
    """Change a file, the code, add a file, take one away, and change nothing that matters."""

    def ask(before: Any, after: Any) -> set[str]:
        return set(answer.call(NUMBER, before, after, returns=names))

    found = ask(BEFORE, ONE_FILE)
    made = sorted(found & OUTPUTS)
    if made:
        return wrong(
            "names-results",
            f"`{made[0]}` differs, but it was made from something: its record has inputs. Follow "
            "them until you come to a file that nobody made.",
        )
    if "weather.csv" in found:
        return wrong(
            "names-unrelated",
            f"`weather.csv` changed too, and `{NUMBER}` was never made from it. Start at the "
            "number and follow its inputs.",
        )
    if not found:
        return wrong(
            "not-far-enough",
            f"`{NUMBER}` differs because of a file that isn't among its own inputs. Follow the "
            "inputs of its inputs as well.",
        )
    if found != {"raw/2013-02.csv"}:
        extra = sorted(found - {"raw/2013-02.csv"})
        return wrong(
            "names-unchanged",
            f"`{(extra or sorted(found))[0]}` has the same content in both runs, so it can't have "
            "changed the number. Compare the hashes.",
        )
    if "raw/2013-01.csv" not in ask(BEFORE, BOTH_FILES):
        return wrong(
            "stops-early",
            "In one case `raw/2013-01.csv` changed and its summary came out as before. It is a "
            "source that differs, so it counts: compare sources, not the steps between.",
        )
    if ask(BEFORE, CODE) != {"summary.py"}:
        return wrong(
            "misses-code",
            "In the second case no raw file changed: the code did. `summary.py` is a source like "
            "the others, and the only one to name.",
        )
    return _appearing(ask)


def _appearing(ask: Callable[[Any, Any], set[str]]) -> Verdict | None:
    found = ask(BEFORE, MORE)
    if "holidays.csv" not in found:
        return wrong(
            "misses-new",
            f"`{NUMBER}` is now made from `holidays.csv` as well, which the run before didn't "
            "know, and your function doesn't name it.",
        )
    if "raw/2013-03.csv" in found:
        return wrong(
            "names-unchanged",
            "`raw/2013-03.csv` is in the records of both runs with the same hash. Its content "
            "didn't change.",
        )
    if found != {"holidays.csv"}:
        return wrong("other-files", f"Only `holidays.csv` is new, and you name {sorted(found)}.")
    found = ask(BEFORE, LESS)
    if "raw/2013-02.csv" not in found:
        return wrong(
            "misses-gone",
            "`raw/2013-02.csv` is missing in the second run: the number lost a month, and your "
            "function names no reason. Look at what the number was made from before, too.",
        )
    if found != {"raw/2013-02.csv"}:
        return wrong(
            "other-files", f"Only `raw/2013-02.csv` is gone, and you name {sorted(found)}."
        )
    calm = _with({"weather.csv": "w2", "storms.json": "g2"})
    if ask(BEFORE, calm):
        return wrong(
            "names-unrelated",
            f"Nothing that `{NUMBER}` was made from changed, and your function names something.",
        )
    return None


# --- 6.5 Declare a stage -------------------------------------------------------------------------

PARTS_OF_STAGE = ("cmd", "deps", "params", "outs", "metrics")
# Parts that DVC allows and that change nothing about when the stage runs.
REMARKS = ("desc", "meta")


def check_stage(answer: Answer) -> Verdict | None:
    """Read the stage as DVC would, and compare what it declares with what its command uses."""
    import yaml

    try:
        given = yaml.safe_load(answer.value(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        return wrong("not-yaml", f"This can't be read as YAML{where}. Check the indentation.")
    if isinstance(given, dict) and isinstance(given.get("stages"), dict):
        given = given["stages"]
    if not isinstance(given, dict) or not isinstance(given.get("alarm"), dict):
        return wrong(
            "no-stage",
            "The text has to begin with `alarm:`, the stage's name, and the stage's parts stand "
            "below it, indented.",
        )
    outside = [part for part in given if part in PARTS_OF_STAGE]
    if outside:
        return wrong(
            "outside",
            f"`{outside[0]}` stands beside `alarm` and not in it. Indent it as far as `cmd`.",
        )
    stage = given["alarm"]
    return _command(stage) or _lists(stage) or _declared(stage)


def _lists(stage: dict[str, Any]) -> Verdict | None:
    for part in PARTS_OF_STAGE[1:]:
        if part in stage and not isinstance(stage[part], list):
            return wrong(
                "not-a-list",
                f"DVC takes `{part}` as a list, also where there is one entry: "
                f"`{part}: [...]`, or each entry on a line of its own after a dash.",
            )
    return None


def _listed(stage: dict[str, Any], part: str) -> list[str]:
    """Return the names in a part of a stage, which DVC allows to be texts or mappings."""
    found: list[str] = []
    for entry in stage.get(part) or []:
        found += [str(key) for key in entry] if isinstance(entry, dict) else [str(entry)]
    return [name.removeprefix("./") for name in found]


def _command(stage: dict[str, Any]) -> Verdict | None:
    unknown = [part for part in stage if part not in (*PARTS_OF_STAGE, *REMARKS)]
    if unknown:
        return wrong(
            "unknown-part",
            f"This stage needs no part `{unknown[0]}`. Of DVC's parts it takes "
            f"{', '.join(PARTS_OF_STAGE[:-1])} or {PARTS_OF_STAGE[-1]}.",
        )
    words = str(stage.get("cmd", "")).split()
    if words == ["python", "alarm.py", "quarter.json", "${alarm_rate}", "alarm.json"]:
        return None
    if words[:3] == ["python", "alarm.py", "quarter.json"] and "${alarm_rate}" not in words:
        return wrong(
            "hard-coded",
            "The command holds the rate as a number. When `params.yaml` changes, DVC would run the "
            "stage again, with the old number. Keep `${alarm_rate}`.",
        )
    return wrong("other-command", "Leave `cmd` as it was; the other parts are what is missing.")


def _declared(stage: dict[str, Any]) -> Verdict | None:
    needs, makes = _listed(stage, "deps"), _listed(stage, "outs") + _listed(stage, "metrics")
    if "alarm.json" in needs:
        return wrong(
            "output-as-input",
            "`alarm.json` is what the command writes. Among the `deps` it would make the stage "
            "wait for its own result.",
        )
    if "quarter.json" in makes:
        return wrong(
            "input-as-output",
            "`quarter.json` is read by this stage and made by another one. Two stages can't own "
            "one file.",
        )
    if "quarter.json" not in needs:
        return wrong(
            "misses-data",
            "The command reads `quarter.json`, and no part says so. When the quarter changes, DVC "
            "would call the old alarm up to date.",
        )
    if "alarm.py" not in needs:
        return wrong(
            "misses-code",
            "The code is an input, too. Without `alarm.py` among the `deps`, somebody mends the "
            "script and DVC skips the stage.",
        )
    if "params.yaml" in needs:
        return wrong(
            "whole-params",
            "With all of `params.yaml` as an input the stage also runs when `late_minutes` "
            "changes. The part `params` takes single values.",
        )
    return _rest(stage, needs, makes)


def _rest(stage: dict[str, Any], needs: list[str], makes: list[str]) -> Verdict | None:
    extra = [name for name in needs if name not in ("alarm.py", "quarter.json")]
    if extra:
        return wrong(
            "too-much",
            f"The command doesn't read `{extra[0]}`. What it depends on through `quarter.json`, "
            "DVC finds by itself.",
        )
    # Other files of parameters are written as {file: [names]}.
    parameters = [
        str(name)
        for entry in stage.get("params") or []
        for name in ((entry.get("params.yaml") or []) if isinstance(entry, dict) else [entry])
    ]
    if "alarm_rate" not in parameters:
        return wrong(
            "misses-param",
            "The result depends on `alarm_rate`. Declare it under `params`, so that `dvc.lock` "
            "keeps the value with which the alarm was made.",
        )
    if parameters != ["alarm_rate"]:
        return wrong("too-much", "The command uses one parameter, `alarm_rate`, and no other.")
    if makes != ["alarm.json"]:
        return wrong(
            "no-output",
            "The stage makes `alarm.json`, and only that. Undeclared, it isn't kept in the cache, "
            "and an older version can't be brought back.",
        )
    return None


EXERCISES = (
    Exercise(
        "6.1",
        "Make the append idempotent",
        check_append,
        hints=(
            "The batch says which months it is about. What does the table hold of these months, "
            "and is any of it still needed?",
            "Nothing of the old month is needed, because the batch is complete. So split the table "
            "in two: rows of the batch's months and all others.",
            "`isin` compares a column with many values at once.",
        ),
        why="The batch replaces whole months, so the result depends on what arrives and not on how "
        "often. Comparing single rows can't do that: a corrected row looks new, and a withdrawn "
        "one is never compared with anything.",
        starter="wrong:doubles",
    ),
    Exercise(
        "6.2",
        "Publish whole or not at all",
        check_publish,
        hints=(
            "Two files: one that is being written, and one that is read. Only a finished one gets "
            "the name `path`.",
            "Choose a name beside `path` for the unfinished file. `os.replace(a, b)` gives `a` the "
            "name `b` in one step.",
            "Between the last `write` and `os.replace` stand two calls: `flush` empties Python's "
            "buffer, `os.fsync(file.fileno())` the operating system's.",
        ),
        why="A name always points to one finished file: the old one up to `os.replace`, the new "
        "one from then on. A failure before leaves the old one alone. Without `fsync` the disk may "
        "have the new name before the content. No check can pull the plug: this one watches the "
        "calls, and what a power cut would really leave depends on the file system.",
    ),
    Exercise(
        "6.3",
        "What must run again?",
        check_must_rerun,
        hints=(
            "First find out which steps are affected: those that need something changed, then "
            "those that need these, and so on.",
            "Then the order. Which of the affected steps can always run first?",
            "Repeat: of the affected steps take one that waits for no other affected step. "
            "`graphlib.TopologicalSorter` knows such an order for the whole graph.",
        ),
        why="A step is affected if a way leads from the change to it, so the affected set grows "
        "until it grows no more. In an order where each step comes after what it needs, one pass "
        "is enough, and each step runs once.",
    ),
    Exercise(
        "6.4",
        "Which file made the number wrong?",
        check_changed_sources,
        hints=(
            "Start at the number. Its record names its inputs, and their records name theirs. "
            "Where does that end?",
            "A name whose record has no inputs is a source. Collect those of the number, then "
            "compare their hashes.",
            "A source can be in one run only. Collect from both runs, and let a missing record "
            "count as a different hash: `records.get(name)`.",
        ),
        why="Only what the number was made from can have changed it, and of that only what has "
        "another content. Both runs have to be searched, because a file that vanished is named by "
        "the older one alone.",
    ),
    Exercise(
        "6.5",
        "Declare a stage",
        check_stage,
        hints=(
            "Go through the command word by word. What is read, what is written, what is a value "
            "from `params.yaml`?",
            "The stage `quarter` above has the same parts. Which of its `deps` corresponds to a "
            "program, and which to data?",
            "Three parts are missing, each a list and indented like `cmd`: what the command reads, "
            "the name of the parameter without `${}`, and what it writes.",
        ),
        why="DVC compares what is declared and nothing else. Script and data are `deps`, the rate "
        "is a parameter, and the output is declared so that DVC keeps it. One missing line and a "
        "change goes unnoticed; one line too many and the stage runs for nothing.",
        starter="wrong:misses-data",
    ),
)
