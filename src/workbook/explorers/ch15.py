"""Chapter 15: which engine fits into a machine, as far as it was measured."""

from flightline.experiments.scale import SIZES, fits, load_scale, measured
from workbook.explorer import Bar, Bars, Choice, Explorer, Lines, Series, Tone, View

ENGINES = ("pandas", "polars", "DuckDB", "Dask")
LIMITS = (200, 300, 400, 1_000, 2_000)


def fit_view(years: int, limit: int) -> View:
    """Show each engine's memory and time at a size, against a limit."""
    rows = load_scale()["rows"] * years
    held = [engine for engine in ENGINES if fits(engine, years, limit)]
    seconds = {engine: measured(engine, years, "seconds") for engine in ENGINES}
    fastest = min(seconds.values())
    best = min(held, key=seconds.__getitem__, default=None)
    if best is None:
        said = "nothing fits"
    else:
        said = f"{_listed(held)} fit, fastest is {best}" if held[1:] else f"only {best} fits"
    return View(
        headline=f"{rows / 1e6:.1f} million flights, {limit:,} MB for each process: {said}.",
        parts=(
            Bars(
                "Memory of the largest process, in MB",
                tuple(
                    Bar(
                        engine,
                        measured(engine, years, "peak"),
                        f"{measured(engine, years, 'peak'):,.0f} MB",
                        _tone(engine in held),
                    )
                    for engine in ENGINES
                ),
                largest=max(measured(engine, SIZES[-1], "peak") for engine in ENGINES),
            ),
            Bars(
                "Time, as a multiple of the fastest",
                tuple(
                    Bar(
                        engine,
                        seconds[engine] / fastest,
                        f"{seconds[engine] / fastest:.1f} times"
                        + ("" if engine in held else ", doesn't fit"),
                        _tone(engine in held),
                    )
                    for engine in ENGINES
                ),
            ),
            Lines(
                "Memory grows with the data, pandas' most of all",
                x=tuple(str(size) for size in SIZES),
                x_label="years of flights",
                y_label="MB",
                series=tuple(
                    Series(engine, tuple(measured(engine, size, "peak") for size in SIZES))
                    for engine in ENGINES
                ),
                digits=0,
            ),
        ),
        note=(
            "Measured once without a limit, on two cores. Dask's time includes the start of a "
            "cluster of two workers. Its memory is that of the largest of its three processes, and "
            "each of them needs room; every other engine is one process."
        ),
    )


def _tone(held: bool) -> Tone:
    return "good" if held else "bad"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


EXPLORERS = (
    Explorer(
        id="15.fit",
        title="Which engine fits?",
        question="From which size on does pandas need another machine, and which engines still "
        "fit? Is there a setting in which Dask is the only one?",
        parameters=(
            Choice("years", "Years of flights", SIZES),
            Choice(
                "limit",
                "Memory of each process",
                tuple((limit, f"{limit:,} MB") for limit in LIMITS),
            ),
        ),
        function=fit_view,
        key_states=(
            {"years": 5, "limit": 400},
            {"years": 1, "limit": 300},
            {"years": 20, "limit": 200},
            {"years": 20, "limit": 2_000},
        ),
    ),
)
