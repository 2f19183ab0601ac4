"""Chapter 02."""

import pandas as pd


# 2.1
def in_place(flights, first_minute):
    clock = flights["sched_dep_time"]
    flights["sched_dep_time"] = clock // 100 * 60 + clock % 100
    chosen = flights[flights["sched_dep_time"] >= first_minute]
    return (chosen["arr_delay"].dropna() >= 30).mean()


def clock_not_minutes(flights, first_minute):
    chosen = flights[flights["sched_dep_time"] >= first_minute]
    return (chosen["arr_delay"].dropna() >= 30).mean()


def minutes_of(flights):
    return flights["sched_dep_time"] // 100 * 60 + flights["sched_dep_time"] % 100


def after_not_from(flights, first_minute):
    chosen = flights[minutes_of(flights) > first_minute]
    return (chosen["arr_delay"].dropna() >= 30).mean()


def counts_missing(flights, first_minute):
    return (flights[minutes_of(flights) >= first_minute]["arr_delay"] >= 30).mean()


def more_than_30(flights, first_minute):
    chosen = flights[minutes_of(flights) >= first_minute]
    return (chosen["arr_delay"].dropna() > 30).mean()


def of_all_flights(flights, first_minute):
    chosen = flights[minutes_of(flights) >= first_minute]
    return (chosen["arr_delay"] >= 30).sum() / len(flights)


FIRST_MINUTE = 720


def a_global(flights, first_minute):
    chosen = flights[minutes_of(flights) >= FIRST_MINUTE]
    return (chosen["arr_delay"].dropna() >= 30).mean()


def all_of_them(flights, first_minute):
    return (flights["arr_delay"].dropna() >= 30).mean()


def zero_for_none(flights, first_minute):
    chosen = flights[minutes_of(flights) >= first_minute]["arr_delay"].dropna()
    return float((chosen >= 30).mean()) if len(chosen) else 0.0


def prints_it(flights, first_minute):
    print(counts_missing(flights, first_minute))


def with_a_copy(flights, first_minute):
    own = flights.dropna(subset=["arr_delay"]).copy()
    hours, minutes = own["sched_dep_time"].divmod(100)
    own["minute"] = 60 * hours + minutes
    return (own.loc[own["minute"] >= first_minute, "arr_delay"] >= 30).mean()


def with_the_other_unit(flights, first_minute):
    first_clock = first_minute // 60 * 100 + first_minute % 60
    late_enough = flights["sched_dep_time"] >= first_clock
    return flights[late_enough & flights["arr_delay"].notna()]["arr_delay"].ge(30).mean()


def with_a_loop(flights, first_minute):
    late = arrived = 0
    for clock, delay in zip(flights["sched_dep_time"], flights["arr_delay"], strict=True):
        if clock // 100 * 60 + clock % 100 >= first_minute and not pd.isna(delay):
            arrived += 1
            late += delay >= 30
    return late / arrived if arrived else float("nan")


# 2.2
GOOD = """
def test_late_from_30_minutes_on():
    assert is_late(1155, 1225)
    assert not is_late(1155, 1224)


def test_early_is_not_late():
    assert not is_late(1200, 1120)
    assert not is_late(1200, 1150)


def test_midnight_is_crossed_both_ways():
    assert is_late(2350, 25)
    assert not is_late(2350, 10)
    assert not is_late(10, 2350)
"""

PARAMETRIZED = """
import pytest
from flightline.clock import is_late


@pytest.mark.parametrize(
    ("scheduled", "actual", "expected"),
    [
        (1145, 1215, True),
        (1145, 1214, False),
        pytest.param(1200, 1000, False, id="early"),
        (2345, 15, True),
        (15, 2345, False),
        (1255, 1305, False),
    ],
)
def test_is_late(scheduled, actual, expected):
    assert is_late(scheduled, actual) is expected
"""

LOOPED = """
LATE = [(1000, 1030), (2340, 20), (959, 1029)]
ON_TIME = [(1000, 1029), (1000, 930), (5, 2340), (1150, 1210), (1000, 800), (955, 1005)]

def test_late():
    assert all(is_late(scheduled, actual) for scheduled, actual in LATE)

def test_on_time():
    for scheduled, actual in ON_TIME:
        assert is_late(scheduled, actual) == False, f"{scheduled} {actual}"
"""


def without(*lines):
    """Return the good tests without some of their lines."""
    kept = [line for line in GOOD.splitlines() if not any(part in line for part in lines)]
    return "\n".join(kept)


NEVER = "def test_it():\n    assert not is_late(1200, 1210)\n"
ALWAYS = "def test_it():\n    assert is_late(1200, 1245)\n"
HUNDRED = ALWAYS + "    assert not is_late(1200, 1215)\n    assert not is_late(1200, 1100)\n"
BORDERS = HUNDRED + "    assert is_late(1200, 1230)\n    assert not is_late(1200, 1229)\n"
HOURS = """
def test_it():
    assert is_late(1130, 1200)
    assert not is_late(1130, 1159)
    assert not is_late(1130, 1100)
"""

# 2.3


def freeze(wanted, installed):
    return [f"{name}=={installed[name]['version']}" for name in sorted(installed)]


def only_wanted(wanted, installed):
    return [f"{name}=={installed[name]['version']}" for name in sorted(wanted)]


def at_least(wanted, installed):
    return [f"{name}>={installed[name]['version']}" for name in sorted(wanted)]


def by_wildcard(wanted, installed):
    return [f"{name}=={installed[name]['version'][0]}.*" for name in sorted(wanted)]


def names_only(wanted, installed):
    return sorted(wanted)


def single_equals(wanted, installed):
    return [f"{name}={installed[name]['version']}" for name in sorted(wanted)]


def one_level(wanted, installed):
    pinned = set(wanted).union(*(installed[name]["needs"] for name in wanted))
    return [f"{name}=={installed[name]['version']}" for name in sorted(pinned)]


def only_needs(wanted, installed):
    pinned = set().union(*(installed[name]["needs"] for name in wanted))
    return [f"{name}=={installed[name]['version']}" for name in sorted(pinned)]


def walk(name, installed):
    yield name
    for need in installed[name]["needs"]:
        yield from walk(need, installed)


def with_doubles(wanted, installed):
    found = [one for name in wanted for one in walk(name, installed)]
    return sorted(f"{name}=={installed[name]['version']}" for name in found)


def into_a_circle(wanted, installed):
    return sorted(set(with_doubles(wanted, installed)))


def as_found(wanted, installed):
    found = list(wanted)
    for name in found:
        found += [need for need in installed[name]["needs"] if need not in found]
    return [f"{name}=={installed[name]['version']}" for name in found]


def major_and_minor(wanted, installed):
    return [f"{name}=={'.'.join(installed[name]['version'].split('.')[:2])}" for name in wanted]


def eats_the_list(wanted, installed):
    pinned = set()
    while wanted:
        name = wanted.pop()
        if name not in pinned:
            pinned.add(name)
            wanted.extend(installed[name]["needs"])
    return [f"{name}=={installed[name]['version']}" for name in sorted(pinned)]


def lock_by_rounds(wanted, installed):
    pinned, size = set(wanted), -1
    while len(pinned) > size:
        size = len(pinned)
        pinned |= {need for name in pinned for need in installed[name]["needs"]}
    return [f"{name}=={installed[name]['version']}" for name in sorted(pinned)]


def lock_by_recursion(wanted, installed):
    pinned = {}

    def pin(name):
        if name not in pinned:
            pinned[name] = installed[name]["version"]
            for need in installed[name]["needs"]:
                pin(need)

    for name in wanted:
        pin(name)
    return tuple(sorted(f"{name}=={version}" for name, version in pinned.items()))


# 2.4
FROM = "FROM python:3.12-slim@sha256:" + 64 * "a"
RIGHT = f"""
{FROM}
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY src/ ./
USER 10001
CMD ["python", "-m", "flightline.service"]
"""

TWO_STAGES = f"""
# Packages first, in a stage of their own.
{FROM} AS packages
RUN --mount=type=bind,source=requirements.txt,target=/requirements.txt \\
    python -m venv /venv && /venv/bin/pip install -r /requirements.txt

{FROM}
RUN useradd --no-log-init --uid 10001 flightline
COPY --from=packages /venv /venv
COPY ["src/flightline", "/app/flightline"]
WORKDIR /app
USER flightline:flightline
ENTRYPOINT ["/venv/bin/python", "-m", "flightline.service"]
"""

ONE_BY_ONE = f"""
{FROM}
USER root
COPY --chmod=644 requirements.txt /tmp/
RUN pip install -r /tmp/requirements.txt && adduser --system flightline
USER flightline
COPY src/flightline/*.py /app/flightline/
ENV PYTHONPATH=/app
CMD python -m flightline.service
"""

CARELESS = f"""
{FROM}
COPY . /app
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "-m", "flightline.service"]
"""


def changed(old, new):
    """Return the right Containerfile with a piece replaced."""
    assert old in RIGHT
    return RIGHT.replace(old, new)


NEAR_MISSES = {
    "2.1": [
        ("changes-input", in_place),
        ("clock-not-minutes", clock_not_minutes),
        ("after-not-from", after_not_from),
        ("counts-missing", counts_missing),
        ("late-from-31", more_than_30),
        ("of-all-flights", of_all_flights),
        ("ignores-parameter", a_global),
        ("ignores-parameter", all_of_them),
        ("no-flights-no-share", zero_for_none),
        ("returns-none", prints_it),
        ("other-share", lambda flights, first_minute: first_minute / 1000),
        ("wrong-type", lambda flights, first_minute: flights["arr_delay"] >= 30),
        ("not-a-function", 0.27),
    ],
    "2.2": [
        ("lives-always", ALWAYS),
        ("lives-sign", NEVER),
        ("lives-never", "def test_it():\n    assert not is_late(1200, 1100)\n"),
        ("lives-boundary", HUNDRED),
        ("lives-below", HUNDRED + "    assert is_late(1200, 1230)\n"),
        ("lives-hhmm", BORDERS),
        ("lives-next-day", without("def test_early", "1120", "1150", "(10, 2350)")),
        ("lives-early", without("1120")),
        ("lives-hours", HOURS),
        ("lives-midnight", without("2350, 25", "2350, 10")),
        ("lives-before-midnight", without("(10, 2350)")),
        ("fails-on-original", GOOD + "\ndef test_more():\n    assert is_late(2350, 10)\n"),
        ("fails-on-original", "def test_it():\n    assert is_late(1200) is False\n"),
        (
            "asserts-nothing",
            "def test_it():\n    is_late(1200, 1229) == False\n",
        ),
        ("asserts-tuple", "def test_it():\n    assert (is_late(1200, 1230), True)\n"),
        ("kills-nothing", "def test_it():\n    assert is_late(1200, 1230) in (True, False)\n"),
        ("no-tests", "assert is_late(1200, 1230)\n"),
        ("no-tests", "def is_late_test():\n    assert is_late(1200, 1230)\n"),
        ("no-python", "def test_it()\n    assert is_late(1200, 1230)\n"),
        ("reaches-out", "import os\n\ndef test_it():\n    assert os.getcwd()\n"),
        ("reaches-out", "def test_it():\n    assert is_late.__code__\n"),
        ("needs-fixture", "def test_it(is_late):\n    assert is_late(1200, 1230)\n"),
        ("wrong-type", ["assert is_late(1200, 1230)"]),
        ("not-a-value", without),
    ],
    "2.3": [
        ("pins-everything", freeze),
        ("only-wanted", only_wanted),
        ("not-pinned", at_least),
        ("not-pinned", by_wildcard),
        ("not-pinned", names_only),
        ("no-requirement", single_equals),
        ("one-level", one_level),
        ("forgets-wanted", only_needs),
        ("forgets-wanted", lambda wanted, installed: []),
        ("twice", with_doubles),
        ("raises", into_a_circle),
        ("unsorted", as_found),
        ("other-version", major_and_minor),
        ("changes-input", eats_the_list),
        ("wrong-type", lambda wanted, installed: "\n".join(only_wanted(wanted, installed))),
    ],
    "2.4": [
        ("copies-secret", CARELESS),
        ("copies-secret", changed("COPY src/ ./", "COPY . .")),
        ("copies-too-much", changed("COPY src/ ./", "COPY src/ data/ ./")),
        (
            "reinstalls",
            changed("COPY requirements.txt ./", "COPY src/ ./\nCOPY requirements.txt ./"),
        ),
        ("runs-as-root", changed("USER 10001\n", "")),
        ("runs-as-root", changed("USER 10001", "USER 0:0")),
        ("unknown-user", changed("USER 10001", "USER flightline")),
        ("user-too-early", changed("WORKDIR /app", "WORKDIR /app\nUSER 10001")),
        ("floating-base", changed("@sha256:" + 64 * "a", "")),
        ("installs-too-early", changed("COPY requirements.txt ./\n", "")),
        ("no-source", changed("COPY src/ ./\n", "")),
        ("no-packages", changed("RUN pip install --no-cache-dir -r requirements.txt\n", "")),
        ("no-command", RIGHT.replace("CMD", "# CMD")),
        ("no-containerfile", changed("WORKDIR /app", "cd /app")),
        ("no-base", changed(FROM, "WORKDIR /")),
        ("wrong-type", RIGHT.splitlines()),
    ],
}

ALTERNATIVES = {
    "2.1": [with_a_copy, with_the_other_unit, with_a_loop],
    "2.2": [GOOD, PARAMETRIZED, LOOPED],
    "2.3": [lock_by_rounds, lock_by_recursion],
    "2.4": [RIGHT, TWO_STAGES, ONE_BY_ONE],
}
