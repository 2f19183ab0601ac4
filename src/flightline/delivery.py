"""How Flightline is delivered: DORA's five metrics from a git history, control charts, findings.

The record in ``data/delivery/`` is that of a simulated team; its ``README.md`` states the model.
The metrics are defined as on dora.dev in January 2026 (https://dora.dev/guides/dora-metrics/).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from flightline.data import data_dir

#: The newest commit of the history. It stands for all commits before it, byte by byte.
HISTORY_TIP = "f7f748b3241195bca470336b1442ece54317fe7c"

#: Distance of a natural process limit from the centre, in mean moving ranges: 3 / 1.128.
MOVING_RANGE_FACTOR = 2.66
RUN_LENGTH = 8
UNEXPLAINED = "unexplained"

_ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# What git sets for its hooks would point our calls at another repository.
_INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")
_FIELDS = {
    "commit": "%H",
    "parents": "%P",
    "authored_at": "%aI",
    "merged_at": "%cI",
    "subject": "%s",
}
_SEPARATOR = "\x1f"


class HistoryError(RuntimeError):
    """The delivery record is missing, damaged, or git can't read it."""


# --- the record ----------------------------------------------------------------------------------


def git(repository: Path, *arguments: str) -> str:
    """Run git in a repository, without anybody's configuration.

    Parameters
    ----------
    repository
        The folder to run it in.
    arguments
        What to run, such as ``"log", "--oneline"``.

    Returns
    -------
    str
        What git prints, without the last line break.

    Raises
    ------
    HistoryError
        When git isn't installed or fails, with its last line.
    """
    inherited = {key: value for key, value in os.environ.items() if key not in _INHERITED}
    try:
        run = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            encoding="utf-8",
            env={**inherited, **_ALONE},
        )
    except FileNotFoundError:
        raise HistoryError("git isn't installed, and this needs it: install git.") from None
    if run.returncode:
        said = (run.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise HistoryError(f"`git {arguments[0]}` failed: {said}")
    return run.stdout.rstrip("\n")


@contextmanager
def cloned_history() -> Iterator[Path]:
    """Clone the history into a temporary folder that is removed afterwards.

    Yields
    ------
    pathlib.Path
        The repository, with the branch ``main``.

    Raises
    ------
    HistoryError
        When the bundle is missing or isn't the one the course was made with.
    """
    bundle = data_dir() / "delivery" / "history.bundle"
    if not bundle.is_file():
        raise HistoryError(f"{bundle} is missing: restore it with git, or install again.")
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "flightline"
        git(Path(folder), "clone", "--quiet", "--bare", str(bundle), str(repository))
        tip = git(repository, "rev-parse", "main")
        if tip != HISTORY_TIP:
            raise HistoryError(f"{bundle} ends in {tip[:7]}, not {HISTORY_TIP[:7]}: restore it.")
        yield repository


def read_changes(repository: Path) -> pd.DataFrame:
    """Return the commits of the branch ``main``, the oldest first.

    Returns
    -------
    pandas.DataFrame
        One row per commit: `commit`, `parents`, `authored_at` (when it was first committed),
        `merged_at` (git's committer date: when it came to ``main``), `subject`. Times are UTC.
    """
    template = _SEPARATOR.join(_FIELDS.values())
    lines = git(repository, "log", "--reverse", f"--format={template}", "main").splitlines()
    changes = pd.DataFrame([line.split(_SEPARATOR) for line in lines], columns=list(_FIELDS))
    for name in ("authored_at", "merged_at"):
        changes[name] = pd.to_datetime(changes[name], utc=True)
    return changes


def load_deployments() -> pd.DataFrame:
    """Return the deployment log, in the order of time.

    Returns
    -------
    pandas.DataFrame
        One row per deployment: `deployment` (its number), `deployed_at`, `commit`, `kind`
        (``planned`` or ``rework``), `incidents` (how many that deployment caused which needed
        somebody at once), `recovered_at` (missing where there was none). Times are UTC.
    """
    path = data_dir() / "delivery" / "deployments.csv"
    deployments = pd.read_csv(path)
    for name in ("deployed_at", "recovered_at"):
        deployments[name] = pd.to_datetime(deployments[name], utc=True)
    return deployments


def load_findings() -> pd.DataFrame:
    """Return the findings of the post-mortems.

    Returns
    -------
    pandas.DataFrame
        `deployment` (which failed), `who` (the person that it names), `condition` (what let it
        happen; missing where nobody has asked further), `hours` (from deployment to recovery).
    """
    findings = pd.read_csv(data_dir() / "delivery" / "findings.csv")
    deployments = load_deployments().set_index("deployment")
    down = _hours(deployments["recovered_at"] - deployments["deployed_at"])
    return findings.assign(hours=findings["deployment"].map(down))


def deliveries(changes: pd.DataFrame, deployments: pd.DataFrame) -> pd.DataFrame:
    """Return which changes each deployment brought that the one before it didn't have.

    A change that was rolled back and deployed again appears once for each time. One that hasn't
    been deployed appears once, without a deployment.

    Returns
    -------
    pandas.DataFrame
        `commit`, `authored_at`, `merged_at`, `deployment` (Int64), `deployed_at`.
    """
    parents = dict(zip(changes["commit"], changes["parents"].str.split(), strict=True))
    rows, before, known = [], frozenset[str](), dict[str, frozenset[str]]()
    log = (deployments[name].tolist() for name in ("deployment", "deployed_at", "commit"))
    for number, deployed_at, tip in zip(*log, strict=True):
        if tip not in known:
            known[tip] = _ancestors(tip, parents)
        rows += [(commit, number, deployed_at) for commit in known[tip] - before]
        before = known[tip]
    brought = pd.DataFrame(rows, columns=["commit", "deployment", "deployed_at"])
    table = changes[["commit", "authored_at", "merged_at"]].merge(brought, "left", on="commit")
    return table.astype({"deployment": "Int64"})


def _ancestors(commit: str, parents: dict[str, list[str]]) -> frozenset[str]:
    found, waiting = set[str](), [commit]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += parents[current]
    return frozenset(found)


# --- DORA's five metrics -------------------------------------------------------------------------


def lead_times(delivered: pd.DataFrame) -> pd.Series:
    """Return the hours from a change's first commit to its first deployment, by commit.

    Changes that haven't been deployed yet have no lead time and are left out.
    """
    first = delivered.groupby("commit")[["authored_at", "deployed_at"]].min().dropna()
    return _hours(first["deployed_at"] - first["authored_at"])


def change_fail_rate(deployments: pd.DataFrame) -> float:
    """Return the share of all deployments that needed somebody at once; nan if there were none."""
    return float((deployments["incidents"] > 0).mean())


def rework_rate(deployments: pd.DataFrame) -> float:
    """Return the share of all deployments that were unplanned, after an incident."""
    return float((deployments["kind"] == "rework").mean())


def recovery_hours(deployments: pd.DataFrame) -> pd.Series:
    """Return the hours from each failed deployment to its recovery; nan while it lasts."""
    failed = deployments[deployments["incidents"] > 0]
    return _hours(failed["recovered_at"] - failed["deployed_at"])


def _hours(spans: pd.Series) -> pd.Series:
    return spans.dt.total_seconds() / 3600


def dora_metrics(delivered: pd.DataFrame, deployments: pd.DataFrame, weeks: float) -> pd.Series:
    """Return the five metrics of a period.

    Parameters
    ----------
    delivered
        The rows of :func:`deliveries` that belong to the period.
    deployments
        The rows of the log that belong to the period.
    weeks
        How long the period was.

    Returns
    -------
    pandas.Series
        Medians in hours, deployments per week, and shares from 0 to 1.
    """
    return pd.Series(
        {
            "change lead time, median hours": lead_times(delivered).median(),
            "deployments per week": len(deployments) / weeks,
            "recovery time, median hours": recovery_hours(deployments).median(),
            "change fail rate": change_fail_rate(deployments),
            "deployment rework rate": rework_rate(deployments),
        }
    )


def week_of(moments: pd.Series) -> pd.Series:
    """Return the week of the record that each moment lies in: 1 from Monday 7 January 2013 on."""
    since = moments - pd.Timestamp("2013-01-07", tz="UTC")
    return since.dt.days // 7 + 1


def weekly_lead_time(delivered: pd.DataFrame) -> pd.Series:
    """Return the mean lead time in hours by the week of the first deployment.

    The mean and not the median: with releases on one day a week, the median of a dozen changes
    jumps by whole days.
    """
    first = delivered.groupby("commit")["deployed_at"].min().dropna()
    return lead_times(delivered).groupby(week_of(first)).mean().rename_axis("week")


# --- control charts ------------------------------------------------------------------------------


def process_limits(values: Sequence[float] | pd.Series, baseline: int) -> tuple[float, float]:
    """Return the natural process limits of individual values (an XmR chart).

    Parameters
    ----------
    values
        In the order of time.
    baseline
        How many of the first values the limits are computed from.

    Returns
    -------
    tuple of float
        Lower and upper limit: mean ± 2.66 mean moving ranges of the baseline.

    References
    ----------
    D. J. Wheeler, *Understanding Variation*, SPC Press, 1993.
    """
    first = pd.Series(list(values)[:baseline], dtype=float)
    reach = MOVING_RANGE_FACTOR * first.diff().abs().mean()
    return float(first.mean() - reach), float(first.mean() + reach)


def outside_limits(values: Sequence[float] | pd.Series, baseline: int) -> list[int]:
    """Return the positions, from 0, of the values outside the limits of the baseline."""
    lower, upper = process_limits(values, baseline)
    return [at for at, value in enumerate(values) if value < lower or value > upper]


def long_runs(
    values: Sequence[float] | pd.Series, baseline: int, length: int = RUN_LENGTH
) -> list[int]:
    """Return the positions at which a run on one side of the baseline's mean reaches `length`.

    References
    ----------
    Western Electric, *Statistical Quality Control Handbook*, 1956: eight in a row on one side.
    """
    centre = pd.Series(list(values)[:baseline], dtype=float).mean()
    found, run, side = [], 0, 0
    for at, value in enumerate(values):
        now = int(value > centre) - int(value < centre)
        run = run + 1 if now and now == side else int(now != 0)
        side = now
        if run >= length:
            found.append(at)
    return found


# --- post-mortems --------------------------------------------------------------------------------


def conditions_by_hours(findings: pd.DataFrame) -> pd.Series:
    """Return the hours lost under each condition, the most first and ``unexplained`` last.

    A failed deployment counts once under a condition, however many findings name it, and under
    each condition that it had. Equal hours are in the order of the alphabet.
    """
    named = findings.assign(condition=findings["condition"].fillna(UNEXPLAINED))
    once = named.drop_duplicates(["deployment", "condition"])
    hours = once.groupby("condition")["hours"].sum().reset_index()
    hours["last"] = hours["condition"] == UNEXPLAINED
    ordered = hours.sort_values(["last", "hours", "condition"], ascending=[True, False, True])
    return ordered.set_index("condition")["hours"]
