"""A file with the scores of everybody, the two baselines and the reference always among them."""

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

from flightline.experiments.replays import load_replays
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
            f"{name!r} can't be used as a name: up to 40 letters, digits, spaces, '.', '-', '_'."
        )
    if name in PLAYED and digest(policies) != digest(PLAYED[name]):
        raise LeaderboardError(f"The name {name!r} is taken by the course: choose another --name.")


def record(path: Path, name: str, score: Score, policies: str) -> list[dict[str, str]]:
    """Enter a score and return the rows of its scenario, the best first.

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
        When the file is no leaderboard.
    """
    measured = load_replays(score.scenario)
    given = [Row(each, found["score"], found["digest"]) for each, found in measured.items()]
    if name not in measured:
        given.append(Row(name, score, policies))
    rows = {(row["scenario"], row["name"]): row for row in _read(path)}
    rows |= {(score.scenario, each.name): each.cells() for each in given}
    ordered = sorted(
        rows.values(), key=lambda row: (row["scenario"], -float(row["saved"]), row["name"])
    )
    _write(path, ordered)
    return [row for row in ordered if row["scenario"] == score.scenario]


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


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError
        for row in rows:
            float(row["saved"])
    except (ValueError, TypeError, csv.Error):
        raise LeaderboardError(
            f"{path} is no leaderboard: move it away, or name another file with --leaderboard."
        ) from None
    return rows


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(unfinished, path)
