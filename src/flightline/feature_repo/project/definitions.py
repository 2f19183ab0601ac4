"""Flightline's features: what they are called, whose they are and from when they are known."""

from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

DATA = Path(__file__).resolve().parent / "data"


def rows(name: str) -> FileSource:
    """Return the source of a view: the Parquet file in which each row has its `known_at`."""
    path = (DATA / f"{name}.parquet").as_posix()
    return FileSource(name=f"{name}_rows", path=path, timestamp_field="known_at")


def delays(name: str) -> list[Field]:
    """Return the six mean delays of a carrier, an origin or a destination, in minutes."""
    return [
        Field(name=f"{name}_{noun}_delay_{window}", dtype=Float64)
        for noun in ("arrival", "departure")
        for window in ("1h", "3h", "24h")
    ]


carrier = Entity(name="carrier", join_keys=["carrier"], value_type=ValueType.STRING)
origin = Entity(name="origin", join_keys=["origin"], value_type=ValueType.STRING)
dest = Entity(name="dest", join_keys=["dest"], value_type=ValueType.STRING)
aircraft = Entity(name="aircraft", join_keys=["tailnum"], value_type=ValueType.STRING)

carrier_delays = FeatureView(
    name="carrier_delays",
    entities=[carrier],
    ttl=timedelta(hours=3),
    schema=delays("carrier"),
    source=rows("carrier"),
)
origin_delays = FeatureView(
    name="origin_delays",
    entities=[origin],
    ttl=timedelta(hours=3),
    schema=delays("origin"),
    source=rows("origin"),
)
dest_delays = FeatureView(
    name="dest_delays",
    entities=[dest],
    ttl=timedelta(hours=3),
    schema=delays("dest"),
    source=rows("dest"),
)
aircraft_arrivals = FeatureView(
    name="aircraft_arrivals",
    entities=[aircraft],
    ttl=timedelta(hours=24),
    schema=[Field(name="aircraft_last_arrival_delay", dtype=Float64)],
    source=rows("tailnum"),
)

late_flights = FeatureService(
    name="late_flights",
    features=[carrier_delays, origin_delays, dest_delays, aircraft_arrivals],
)
late_departures = FeatureService(
    name="late_departures",
    features=[
        origin_delays[["origin_departure_delay_1h", "origin_departure_delay_3h"]],
        carrier_delays[["carrier_departure_delay_3h"]],
        aircraft_arrivals,
    ],
)
