"""A small project with a pipeline, to be written into a temporary folder.

``project/`` holds its files; the data is a sample of the real flights, and ``late/gates.py`` is a
copy of `flightline.gates`.
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from flightline import gates
from flightline.data import load_flights
from flightline.definition import is_late, split

PROJECT = Path(__file__).parent / "project"
#: Flights of January to August in the sample.
FLIGHTS = 20_000
RUFF = 'line-length = 100\n\n[lint]\nselect = ["B", "E", "F"]\n'
PACKAGES = ("numpy", "pytest", "ruff")
#: As in ``project/late/data.py`` and ``project/late/model.py``.
FIRST_JUDGED_DAY = "2013-07-01"
PRIOR_FLIGHTS = 20
COLUMNS = ["day", "sched_dep_time", "carrier", "origin", "dest", "is_late"]


def project_files() -> dict[str, Path]:
    """Return the files of the project: where each belongs, and where it lies here."""
    listed = {
        path.relative_to(PROJECT).as_posix(): path
        for path in sorted(PROJECT.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    moved = {name.replace("github/", ".github/", 1): path for name, path in listed.items()}
    return moved | {"late/gates.py": Path(gates.__file__)}


def write_project(folder: Path) -> list[str]:
    """Write the project into a folder, its data and requirements included.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it doesn't exist.

    Returns
    -------
    list of str
        The files written. They are the same, byte for byte, on every system.
    """
    texts = {name: path.read_text(encoding="utf-8") for name, path in project_files().items()}
    texts["requirements.txt"] = "".join(f"{name}=={version(name)}\n" for name in PACKAGES)
    texts["ruff.toml"] = RUFF
    texts[".gitignore"] = "__pycache__/\nartifacts/\n"
    texts["data/flights.csv"] = sample_csv()
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return sorted(texts)


def sample_csv() -> str:
    """Return `sample` as CSV."""
    return str(sample().to_csv(index=False, lineterminator="\n"))


def sample() -> pd.DataFrame:
    """Return flights that arrived, January to August, in the order of the source.

    The columns are `COLUMNS`: the day in New York, the scheduled departure as HHMM, and `is_late`
    as 0 or 1.
    """
    columns = ["scheduled_departure", "sched_dep_time", "arr_delay", "carrier", "origin", "dest"]
    flights = load_flights(columns)
    flights["is_late"] = is_late(flights)
    drawn = flights[split(flights).train].sample(FLIGHTS, random_state=0).sort_index()
    local = drawn["scheduled_departure"].dt.tz_convert("America/New_York")
    day, late = local.dt.strftime("%Y-%m-%d"), drawn["is_late"].astype(int)
    return drawn.assign(day=day, is_late=late)[COLUMNS].reset_index(drop=True)


def scores(challenger: Sequence[str], champion: Sequence[str] = ("hour",)) -> pd.DataFrame:
    """Train two models as the project does, and let both answer for every flight of the sample.

    Parameters
    ----------
    challenger, champion : sequence of str
        What makes two flights alike: `hour`, `weekday` (0 is Monday), `carrier`, `origin`, `dest`.

    Returns
    -------
    pandas.DataFrame
        One row per flight: `part` (``"train"`` before `FIRST_JUDGED_DAY`, else ``"test"``),
        `day`, `origin`, `is_late` (0 or 1), and each model's probability as `champion` and
        `challenger`.
    """
    flights = sample()
    flights["part"] = (flights["day"] < FIRST_JUDGED_DAY).map({True: "train", False: "test"})
    flights["hour"] = flights["sched_dep_time"] // 100
    flights["weekday"] = pd.to_datetime(flights["day"]).dt.dayofweek
    for name, keys in {"champion": champion, "challenger": challenger}.items():
        flights[name] = _probabilities(flights, list(keys))
    return flights[["part", "day", "origin", "is_late", "champion", "challenger"]]


def _probabilities(flights: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return the late rate of flights that are alike, as ``project/late/model.py`` computes it."""
    past = flights[flights["part"] == "train"]
    base = past["is_late"].mean()
    kinds = past.groupby(keys)["is_late"].agg(["sum", "count"])
    rate = (kinds["sum"] + PRIOR_FLIGHTS * base) / (kinds["count"] + PRIOR_FLIGHTS)
    return flights[keys].join(rate.rename("rate"), on=keys)["rate"].fillna(base)
