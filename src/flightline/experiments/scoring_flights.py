"""The flights of chapter 11, each with what a feature store would have served for it.

``python -m flightline.experiments.scoring_flights`` makes ``artifacts/scoring_flights.parquet``.
"""

from pathlib import Path

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "scoring_flights.parquet"


def main() -> None:
    """Compute the features of the whole year and write the flights that the chapter uses."""
    from flightline.experiments.measure_scoring_flights import scoring_flights

    scoring_flights().to_parquet(ARTIFACT, compression="zstd", index=False)
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
