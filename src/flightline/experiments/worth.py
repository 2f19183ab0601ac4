"""What a model and two rules of thumb said of each flight of July to December.

``python -m flightline.experiments.worth`` trains the models and writes ``artifacts/worth.parquet``,
in about two minutes.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "worth.parquet"

Part = Literal["tune", "test"]

#: What a late flight weighed in the training of the reweighted model, an on-time flight being 1:
#: the number of on-time flights for each late one.
WEIGHTS = {"tune": 4.750, "test": 4.534}


def load_worth(part: Part = "test") -> "pd.DataFrame":
    """Return what was said of each flight of a part, in order of the day.

    Parameters
    ----------
    part : {"tune", "test"}
        July and August, by models that learned from January to June; or September to December,
        by models that learned from January to August. Each learned from every fifth flight.

    Returns
    -------
    pandas.DataFrame
        `day` (of departure in New York, ``"2013-09-01"``), `carrier`, `origin`, `dest`, `is_late`,
        `probability` and `reweighted` (of a model that was trained with late flights weighed up),
        both to three decimals, and what two rules of thumb look at, in minutes:
        `aircraft_last_delay` (how late the aircraft's last flight arrived) and
        `origin_recent_delay` (how late the flights left that departed from here in the last three
        hours, on average). ``NaN`` where nothing was known an hour before departure.

    Raises
    ------
    ValueError
        When there is no such part.
    """
    if part not in WEIGHTS:
        raise ValueError(f"No part {part!r}. There are: {', '.join(WEIGHTS)}.")
    flights = _worth()
    chosen = flights[flights["part"] == part].drop(columns="part")
    return chosen.reset_index(drop=True)


@cache
def _worth() -> "pd.DataFrame":
    import pandas as pd

    flights = pd.read_parquet(ARTIFACT)
    texts = {name: flights[name].astype(str) for name in ("day", "carrier", "origin", "dest")}
    return flights.assign(
        **texts,
        probability=flights["probability"] / 1000,
        reweighted=flights["reweighted"] / 1000,
        aircraft_last_delay=flights["aircraft_last_delay"].astype("float64"),
        origin_recent_delay=flights["origin_recent_delay"].astype("float64"),
    )


def main() -> None:
    """Train the models and write the artifact."""
    from flightline.experiments.measure_worth import measure_worth

    measure_worth().to_parquet(ARTIFACT, index=False, compression="zstd")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
