"""A file with the scores of everybody, the two baselines and the reference always among them."""

import csv
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from flightline.experiments.replays import load_replays
from flightline.replay.incidents import SCENARIOS
from flightline.replay.policies import PLAYED, Policies, digest
from flightline.replay.score import Score

COLUMNS = (
    "scenario",
    "name",
    "saved",
    "caught",
    "incidents",
    "false_alarms",
    "recovery_days",
    "failed_requests",
    "retrainings",
    "policies",
)
_COUNTS = ("caught", "incidents", "false_alarms", "failed_requests", "retrainings")
_NUMBERS = ("saved", "recovery_days")
#: Seconds to wait for other replays that end at the same time.
PATIENCE = 60


class LeaderboardError(ValueError):
    """The leaderboard can't be read, or a name can't be used; the message says why."""


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard.

    Attributes
    ----------
    name
        Whose.
    score
        What was reached; only what `COLUMNS` names survives the file.
    policies
        Digest of the policies.
    """

    name: str
    score: Score
    policies: str

    def cells(self) -> dict[str, str]:
        """Return the texts of the file, by column."""
        score = self.score
        return {
            "scenario": score.scenario,
            "name": self.name,
            "saved": f"{score.saved:.0f}",
            "caught": str(score.caught),
            "incidents": str(score.incidents),
            "false_alarms": str(score.false_alarms),
            "recovery_days": f"{score.recovery_days:.1f}",
            "failed_requests": str(score.failed_requests),
            "retrainings": str(score.retrainings),
            "policies": self.policies,
        }


def check_name(name: str, policies: Policies) -> None:
    """Make sure that a name can be used, before anything is played.

    Raises
    ------
    LeaderboardError
        When it can't be the name of a folder, or is that of a baseline with other policies.
    """
    if not re.fullmatch(r"[\w][\w .-]{0,39}", name) or name.endswith((".", " ")):
        raise LeaderboardError(
            f"{name!r} can't be used as a name: up to 40 letters, digits, spaces, '.', '-', '_'. "
            "Choose one with --name; without it, the file's is taken."
        )
    if name in PLAYED and digest(policies) != digest(PLAYED[name]):
        raise LeaderboardError(f"The name {name!r} is taken by the course: choose another --name.")


def record(path: Path, name: str, score: Score, policies: str) -> list[dict[str, str]]:
    """Enter a score and return the rows of its scenario, the best first.

    Replays that end at the same time take turns.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file; made where there is none, replaced as a whole.
    name : str
        Whose: an earlier row of the name in the scenario is replaced. A name of the course keeps
        what was measured.
    score : Score
        What was reached.
    policies : str
        Their digest, from `flightline.replay.policies.digest`.

    Raises
    ------
    LeaderboardError
        When the file is no leaderboard, or others hold it for a minute.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE):
            rows = _enter(read_leaderboard(path), name, score, policies)
            _write(path, rows)
    except Timeout:
        raise LeaderboardError(
            f"{path} has been held by another replay for {PATIENCE} seconds: wait for its end, "
            "then run the command again, without --fresh."
        ) from None
    return [row for row in rows if row["scenario"] == score.scenario]


def _enter(
    known: list[dict[str, str]], name: str, score: Score, policies: str
) -> list[dict[str, str]]:
    """Return all rows in their order, with those of the course and the new one among them."""
    measured = load_replays(score.scenario)
    given = [Row(each, found["score"], found["digest"]) for each, found in measured.items()]
    if name not in measured:
        given.append(Row(name, score, policies))
    rows = {(row["scenario"], row["name"]): row for row in known}
    rows |= {(score.scenario, each.name): each.cells() for each in given}
    return sorted(
        rows.values(), key=lambda row: (row["scenario"], -float(row["saved"]), row["name"])
    )


def to_text(rows: list[dict[str, str]]) -> str:
    """Return rows of one scenario as a table to print, at most 80 characters wide."""
    heads = f"{'saved':>9}{'caught':>8}{'false alarms':>14}{'days of harm':>14}{'trained':>9}"
    lines = [f"{'':24}{heads}"]
    for row in rows:
        caught = f"{row['caught']}/{row['incidents']}"
        lines.append(
            f"{row['name'][:23]:24}{float(row['saved']):>9,.0f}{caught:>8}"
            f"{row['false_alarms']:>14}{row['recovery_days']:>14}{row['retrainings']:>9}"
        )
    return "\n".join(lines)


def read_leaderboard(path: Path) -> list[dict[str, str]]:
    """Return the rows of a leaderboard, none where there is no file or an empty one.

    Raises
    ------
    LeaderboardError
        When the file is something else, or a line of it was damaged.
    """
    elsewhere = "move it away, or name another file with --leaderboard."
    try:
        # Spreadsheets put a mark in front of UTF-8, which "utf-8-sig" leaves out.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LeaderboardError(f"{path} can't be read ({error.strerror}): {elsewhere}") from None
    except (ValueError, csv.Error):
        lines = [(1, [])]
    if not lines:
        return []
    if tuple(lines[0][1]) != COLUMNS:
        raise LeaderboardError(f"{path} is no leaderboard: {elsewhere}")
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for number, cells in lines[1:]:
        row = dict(zip(COLUMNS, cells, strict=False))
        wrong = _wrong(cells, row)
        if not wrong and (row["scenario"], row["name"]) in rows:
            wrong = f"{row['name']!r} stands twice in {row['scenario']!r}"
        if wrong:
            raise LeaderboardError(
                f"{path}, line {number}: {wrong}; mend or remove the line, or name another file "
                "with --leaderboard."
            )
        rows[row["scenario"], row["name"]] = row
    return list(rows.values())


def _wrong(cells: list[str], row: dict[str, str]) -> str:
    """Return what is wrong with a line, or nothing."""
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} cells in place of {len(COLUMNS)}"
    if row["scenario"] not in SCENARIOS:
        return f"no scenario {row['scenario']!r}"
    for column in _COUNTS:
        if not re.fullmatch(r"[0-9]+", row[column]):
            return f"`{column}` is {row[column]!r}, and no count"
    for column in _NUMBERS:
        if not _finite(row[column]):
            return f"`{column}` is {row[column]!r}, and no number"
    return ""


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
