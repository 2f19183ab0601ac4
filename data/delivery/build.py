"""Rebuild the delivery record of chapter 03: a simulated team, forty weeks, real git.

Run ``python data/delivery/build.py`` with the course's environment and git. It simulates the team
that ``README.md`` describes, writes its commits into a git repository, and stores the repository
as ``history.bundle``, the deployment log as ``deployments.csv`` and the findings of the
post-mortems as ``findings.csv``. The same seed gives the same commits and the same two tables;
another version of git may pack the same commits into other bytes.
"""

import csv
import math
import os
import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEED = 6
START = datetime(2013, 1, 7, tzinfo=UTC)
WEEKS = 40
#: The first week, counted from 1, of each rhythm, and its release days (0 is Monday).
RHYTHMS = {1: (3,), 21: (1, 3), 29: (0, 1, 2, 3, 4)}
RELEASE_HOUR = 14
CHANGES_PER_HOUR = 0.35
FAULTY = 0.03
CLASHING = 0.002
HOTFIX_FAILS = 0.12
SECOND_INCIDENT = 0.25
OUTSIDE_INCIDENTS_PER_WEEK = 0.15
ROLLBACK_UP_TO = 3
HOURS_PER_SUSPECT = 0.6

TEAM = ("Ines", "Tom", "Lena", "Raj", "Mei")
AREAS = ("alerts", "docs", "features", "schedule", "serving", "tests", "training", "weather")
ACTIONS = (
    "add a test for an empty day",
    "cache the lookup",
    "correct the unit in a message",
    "document the default",
    "drop an unused option",
    "handle a missing value",
    "log the reason",
    "pin the parser",
    "raise the time limit",
    "retry once after a time-out",
    "split a long function",
    "speed up the first request",
)
CONDITIONS = (
    "no test with last week's traffic",
    "units are not part of any contract",
    "two changes were never tested together",
    "the alarm fires only after an hour",
    "going back is done by hand",
)


@dataclass
class Change:
    """One commit on the main branch."""

    author: str
    authored: datetime
    merged: datetime
    subject: str
    area: str


@dataclass
class Deployment:
    """One row of the log; `commit` counts the commits on main at that moment."""

    at: datetime
    commit: int
    kind: str
    incidents: int = 0
    recovered: datetime | None = None


@dataclass
class Record:
    """What the forty weeks leave behind."""

    changes: list[Change] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    findings: list[tuple[int, str, str]] = field(default_factory=list)


def at_work(moment: datetime) -> datetime:
    """Return the moment, or the next one on a weekday between 9 and 17 o'clock."""
    if moment.hour >= 17:
        moment += timedelta(hours=16)
    elif moment.hour < 9:
        moment += timedelta(hours=8)
    if moment.weekday() >= 5:
        moment += timedelta(days=7 - moment.weekday())
    return moment


class Team:
    """Five people who change, review, release and repair; all chance comes from one seed."""

    def __init__(self, seed: int) -> None:
        # Only random() is used: its values are the same in every version of Python.
        self.draw = random.Random(seed).random
        self.record = Record()
        self.waiting: list[Change] = []

    def choose(self, options: tuple[str, ...]) -> str:
        """Return one of several texts, each with the same chance."""
        return options[int(self.draw() * len(options))]

    def hours(self, mean: float) -> timedelta:
        """Return an exponential time, cut to whole minutes."""
        return timedelta(minutes=int(-mean * 60 * math.log(1 - self.draw())))

    def write(self, hour: datetime, review_hours: float) -> None:
        """Perhaps commit a change in this working hour; it is merged after its review."""
        if self.draw() >= CHANGES_PER_HOUR:
            return
        area = self.choose(AREAS)
        authored = hour + timedelta(minutes=int(self.draw() * 60))
        review = timedelta(hours=2) + self.hours(review_hours)
        merged = at_work(authored + review)
        change = Change(
            self.choose(TEAM), authored, merged, f"{area}: {self.choose(ACTIONS)}", area
        )
        self.waiting.append(change)

    def merge(self, until: datetime) -> None:
        """Put everything that was reviewed by a moment on the main branch."""
        ready = sorted((c for c in self.waiting if c.merged <= until), key=lambda c: c.merged)
        self.waiting = [c for c in self.waiting if c.merged > until]
        self.record.changes += ready

    def hotfix(self, done: datetime, text: str) -> None:
        """Commit a repair half an hour before it is deployed."""
        area = self.choose(AREAS)
        written = done - timedelta(minutes=30)
        merged = done - timedelta(minutes=10)
        self.merge(merged)
        change = Change(self.choose(TEAM), written, merged, f"{area}: {text}", area)
        self.record.changes.append(change)

    def release(self, moment: datetime) -> None:
        """Deploy what is new on main, if anything is, and live with what follows."""
        self.merge(moment)
        log = self.record.deployments
        before = log[-1].commit if log else 0
        now = len(self.record.changes)
        if now > before:
            self.deploy(Deployment(moment, now, "planned"), before)

    def deploy(self, deployment: Deployment, before: int) -> None:
        """Log a deployment; it may fail by what it brings."""
        self.record.deployments.append(deployment)
        new = deployment.commit - before
        if deployment.kind == "planned":
            sound = (1 - FAULTY) ** new * (1 - CLASHING) ** (new * (new - 1) // 2)
        else:
            sound = 1 - HOTFIX_FAILS
        if self.draw() >= sound:
            self.fail(deployment, before)

    def fail(self, deployment: Deployment, before: int) -> None:
        """Look for the culprit one suspect after the other, then go back or repair."""
        new = deployment.commit - before
        deployment.incidents = 2 if self.draw() < SECOND_INCIDENT else 1
        searched = 1 + int(self.draw() * new)
        search = sum((self.hours(HOURS_PER_SUSPECT) for _ in range(searched)), timedelta())
        done = deployment.at + timedelta(minutes=45) + search
        deployment.recovered = done
        culprit = self.record.changes[deployment.commit - searched].author
        self.note(len(self.record.deployments), culprit, new)
        if before and deployment.kind == "planned" and new <= ROLLBACK_UP_TO:
            self.record.deployments.append(Deployment(done, before, "rework"))
            self.hotfix(at_work(done) + timedelta(hours=1), "mend what was rolled back")
        else:
            self.hotfix(done, "hotfix for the release")
            self.deploy(Deployment(done, len(self.record.changes), "rework"), deployment.commit)

    def note(self, number: int, culprit: str, new: int) -> None:
        """Write down one or two conditions that let it happen, or none."""
        if self.draw() < 0.12:
            self.record.findings.append((number, culprit, ""))
            return
        for _ in range(2 if self.draw() < 0.5 else 1):
            condition = self.choose(CONDITIONS)
            if condition == CONDITIONS[2] and new < 4:
                condition = CONDITIONS[4]
            who = culprit if self.draw() < 0.7 else self.choose(TEAM)
            self.record.findings.append((number, who, condition))

    def work(self) -> Record:
        """Work for forty weeks."""
        for week in range(1, WEEKS + 1):
            days = RHYTHMS[max(first for first in RHYTHMS if first <= week)]
            monday = START + timedelta(weeks=week - 1)
            outside = -1
            if self.draw() < OUTSIDE_INCIDENTS_PER_WEEK:
                outside = int(self.draw() * 5)
            for day in range(5):
                morning = monday + timedelta(days=day, hours=9)
                for hour in range(8):
                    self.write(morning + timedelta(hours=hour), 12.0 if len(days) == 1 else 8.0)
                if day in days:
                    self.release(monday + timedelta(days=day, hours=RELEASE_HOUR))
                if day == outside and self.record.deployments:
                    self.answer(monday + timedelta(days=day, hours=11))
        return self.record

    def answer(self, moment: datetime) -> None:
        """Repair what somebody else broke: an incident that no deployment caused."""
        last = self.record.deployments[-1]
        done = max(moment, last.at + timedelta(hours=1)) + self.hours(1.5)
        self.hotfix(done, "follow the feed's new format")
        self.deploy(Deployment(done, len(self.record.changes), "rework"), last.commit)


def stream(changes: list[Change]) -> str:
    """Return the commits in the format of ``git fast-import``."""
    counts = dict.fromkeys(AREAS, 0)
    lines = []
    for number, change in enumerate(changes, start=1):
        counts[change.area] += 1
        who = f"{change.author} <{change.author.lower()}@flightline.example>"
        content, message = f"{counts[change.area]}\n", f"{change.subject}\n"
        lines += [
            "commit refs/heads/main",
            f"mark :{number}",
            f"author {who} {int(change.authored.timestamp())} +0000",
            f"committer {who} {int(change.merged.timestamp())} +0000",
            f"data {len(message)}\n{message}",
            f"M 100644 inline {change.area}.txt",
            f"data {len(content)}\n{content}",
        ]
    return "\n".join(lines) + "\n"


def git(repository: Path, *arguments: str, given: str = "") -> str:
    """Run git without anybody's configuration and return what it prints."""
    alone = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DEFAULT_HASH": "sha1",
    }
    run = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=given.encode(),
        capture_output=True,
        env={**os.environ, **alone},
        check=True,
    )
    return run.stdout.decode()


def timestamp(moment: datetime | None) -> str:
    """Return a time as it stands in the tables."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def build(folder: Path = HERE) -> None:
    """Write the bundle and the two tables into a folder."""
    record = Team(SEED).work()
    with tempfile.TemporaryDirectory() as temporary:
        repository = Path(temporary)
        git(repository, "init", "--quiet", "--initial-branch=main")
        git(repository, "fast-import", "--quiet", given=stream(record.changes))
        commits = git(repository, "rev-list", "--reverse", "main").split()
        bundle = str(folder.resolve() / "history.bundle")
        # One thread, because the order in which several find deltas varies.
        git(repository, "-c", "pack.threads=1", "bundle", "create", "--quiet", bundle, "main")
    log = [
        (
            number,
            timestamp(deployment.at),
            commits[deployment.commit - 1],
            deployment.kind,
            deployment.incidents,
            timestamp(deployment.recovered),
        )
        for number, deployment in enumerate(record.deployments, start=1)
    ]
    header = ("deployment", "deployed_at", "commit", "kind", "incidents", "recovered_at")
    write_table(folder / "deployments.csv", [header, *log])
    write_table(folder / "findings.csv", [("deployment", "who", "condition"), *record.findings])


def write_table(path: Path, rows: list[tuple]) -> None:
    """Write rows as CSV, with the same line ends everywhere."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    build()
