"""Chapter 02."""

import pandas as pd

from flightline.containers import BASE


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


def hours_only(flights, first_minute):
    chosen = flights[flights["sched_dep_time"] // 100 >= first_minute // 60]
    return (chosen["arr_delay"].dropna() >= 30).mean()


def remembers_the_share():
    kept = []

    def answer(flights, first_minute):
        kept.append(with_a_copy(flights, first_minute))
        return kept[0]

    return answer


def remembers_the_table():
    kept = []

    def answer(flights, first_minute):
        kept.append(flights.copy())
        return with_a_copy(kept[0], first_minute)

    return answer


def zero_for_missing(flights, first_minute):
    chosen = flights[minutes_of(flights) >= first_minute]["arr_delay"].fillna(0)
    return (chosen >= 30).mean()


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

BY_NAME = """
def test_it():
    assert is_late(scheduled=1155, actual=1225)
    assert not is_late(actual=1224, scheduled=1155)
    assert not is_late(scheduled=1200, actual=1120)
    assert is_late(scheduled=2350, actual=25)
    assert not is_late(scheduled=10, actual=2350)
"""

BY_HAND = """
from pytest import mark, raises

def expect(scheduled, actual, expected):
    if is_late(scheduled, actual) != expected:
        raise AssertionError(f"{scheduled} {actual}")

@mark.parametrize("scheduled, actual", [(1155, 1225), (2350, 25)])
def test_late(scheduled, actual):
    print(scheduled, actual)
    expect(scheduled, actual, True)

def test_on_time():
    for scheduled, actual in [(1155, 1224), (1200, 1120), (10, 2350)]:
        expect(scheduled, actual, False)

def test_no_clock_time():
    with raises(ValueError):
        is_late(1275, 1300)
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


def skips_holes(wanted, installed):
    known = {name: one for name, one in installed.items()}
    pinned, waiting = set(), list(wanted)
    while waiting:
        name = waiting.pop()
        if name in known and name not in pinned:
            pinned.add(name)
            waiting.extend(known[name]["needs"])
    return [f"{name}=={known[name]['version']}" for name in sorted(pinned)]


def fills_holes(wanted, installed):
    pinned, waiting = set(), list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in pinned:
            pinned.add(name)
            waiting.extend(installed.get(name, {"needs": []})["needs"])
    return [
        f"{name}=={installed.get(name, {'version': '0'})['version']}" for name in sorted(pinned)
    ]


def lock_by_sorting_lines(wanted, installed):
    return sorted(lock_by_rounds(wanted, installed))


# 2.4
FROM = f"FROM {BASE}"
CMD = 'CMD ["python", "-m", "flightline.service", "--host", "0.0.0.0"]'
RIGHT = f"""
{FROM}
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY src/ ./
USER 10001
{CMD}
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
ENTRYPOINT ["/venv/bin/python", "-m", "flightline.service", "--host", "0.0.0.0"]
"""

ONE_BY_ONE = f"""
{FROM}
USER root
COPY --chmod=644 requirements.txt /tmp/
RUN pip install -r /tmp/requirements.txt && adduser --system flightline
USER flightline
COPY src/flightline/*.py /app/flightline/
COPY src/flightline/experiments /app/flightline/experiments
COPY src/flightline/artifacts/ /app/flightline/artifacts/
ENV PYTHONPATH=/app
ENTRYPOINT ["python"]
CMD ["-m", "flightline.service", "--host=0.0.0.0"]
"""

WITH_WHEELS = f"""
ARG IMAGE={BASE}
FROM $IMAGE AS wheels
COPY requirements.txt /build/
RUN cd /build && pip wheel --wheel-dir /wheels -r requirements.txt

FROM ${{IMAGE}}
ARG HOME_OF_CODE=/srv/code
ENV PYTHONPATH=${{HOME_OF_CODE}}
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \\
    pip install --no-index /wheels/*.whl
COPY src $HOME_OF_CODE
USER nobody
{CMD}
"""

# Spelt in pieces, because no file of the course may name a home.
HOMES = "/" + "home"
WITH_USER_SITE = f"""
{FROM}
RUN useradd --create-home --uid 5000 app
USER 5000
WORKDIR {HOMES}/app
COPY requirements.txt .
RUN python -m pip install --user -r requirements.txt
COPY --chown=5000 src .
{CMD}
"""

WITH_A_PREFIX = f"""
{FROM} AS build
WORKDIR /build
COPY requirements.txt .
RUN pip install --prefix=/install -r requirements.txt
{FROM} AS final
COPY --from=build /install /usr/local
COPY src /app
WORKDIR /app
USER www-data
{CMD}
"""

WITH_ACTIVATION = f"""
{FROM} AS build
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv && . /opt/venv/bin/activate && pip install -r /tmp/requirements.txt
FROM build
ENV PATH="/opt/venv/bin:$PATH" PYTHONPATH=/app/src
COPY --exclude=.env --exclude=.git --exclude=**/*.parquet --exclude=notebooks . /app
WORKDIR /app
USER 65534:65534
{CMD}
"""

CARELESS = f"""
{FROM}
ENV PYTHONPATH=/app/src
COPY . /app
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
{CMD}
"""


def changed(old, new):
    """Return the right Containerfile with a piece replaced."""
    assert old in RIGHT
    return RIGHT.replace(old, new)


LEFT_BEHIND = f"""
{FROM} AS packages
COPY requirements.txt ./
RUN pip install -r requirements.txt
{FROM}
WORKDIR /app
COPY src/ ./
USER 10001
{CMD}
"""
SOURCE_LEFT_BEHIND = changed("COPY src/ ./", f"COPY src/ ./\n{FROM}")
USER_LEFT_BEHIND = f"{FROM} AS first\nUSER 10001\n{changed('USER 10001', '')}"
CARELESS_PLACE = changed("COPY src/ ./", "COPY src/ ./\nWORKDIR /srv")

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
        ("hours-only", hours_only),
        ("remembers", remembers_the_share()),
        ("remembers", remembers_the_table()),
        ("counts-missing", zero_for_missing),
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
        ("kills-nothing", "def test_it():\n    with pytest.raises(ValueError): is_late(1275, 1)\n"),
        (
            "fails-on-original",
            "def test_it():\n    if not is_late(1200, 1229):\n        raise AssertionError\n",
        ),
        ("fails-on-original", "def test_it():\n    with raises(ValueError): is_late(1275, 1)\n"),
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
        ("hides-hole", skips_holes),
        ("hides-hole", fills_holes),
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
        ("not-writable", changed("WORKDIR /app", "WORKDIR /app\nUSER 10001")),
        ("floating-base", changed(BASE, BASE.split("@")[0])),
        ("other-base", changed(BASE, "python:3.13-slim@sha256:" + 64 * "a")),
        ("no-requirements", changed("COPY requirements.txt ./\n", "")),
        ("requirements-elsewhere", changed("requirements.txt ./", "requirements.txt /srv/")),
        ("requirements-elsewhere", changed("-r requirements.txt", "-r /tmp/requirements.txt")),
        ("missing-file", changed("COPY src/", "COPY source/")),
        ("no-source", changed("COPY src/ ./\n", "")),
        ("no-packages", changed("RUN pip install --no-cache-dir -r requirements.txt\n", "")),
        ("stale-packages", changed("-r requirements.txt", "pandas==2.3.3")),
        ("no-command", RIGHT.replace("CMD", "# CMD")),
        ("shell-form", changed(CMD, "CMD python -m flightline.service --host 0.0.0.0")),
        ("shell-form", changed(CMD, CMD.replace('"', "'"))),
        ("other-command", changed("flightline.service", "http.server")),
        ("other-command", changed(', "--host", "0.0.0.0"', "")),
        ("other-command", RIGHT + 'ENTRYPOINT ["python"]\n'),
        ("runs-as-root", changed("USER 10001", "USER 00")),
        ("runs-as-root", changed("USER 10001", "USER ${U:-0}")),
        ("runs-as-root", changed("USER 10001", "ARG U=0\nUSER $U")),
        ("runs-as-root", changed("USER 10001", "USER $U")),
        ("runs-as-root", changed("USER 10001", "RUN useradd -o -u 0 app\nUSER app")),
        ("runs-as-root", USER_LEFT_BEHIND),
        ("packages-left-behind", LEFT_BEHIND),
        ("packages-elsewhere", changed("pip install", "pip install --target /packages")),
        ("packages-elsewhere", changed("pip install", "pip install --user")),
        ("code-elsewhere", changed("COPY src/ ./", "COPY src/ src/")),
        ("code-elsewhere", changed("WORKDIR /app\n", "").replace("src/ ./", "src/ /app/")),
        ("code-elsewhere", CARELESS_PLACE),
        ("incomplete-source", changed("src/ ./", "src/flightline/*.py flightline/")),
        ("no-source", SOURCE_LEFT_BEHIND),
        ("no-python", changed('CMD ["python"', 'CMD ["/venv/bin/python"')),
        ("no-program", changed("pip install", "/venv/bin/pip install")),
        ("secret-in-stage", f"{FROM} AS all\nCOPY . /all\n{RIGHT}"),
        ("no-containerfile", changed("COPY src/ ./", "COPY <<EOF /app/x\nx\nEOF")),
        ("no-containerfile", changed("WORKDIR /app", 'ENV A="b')),
        ("no-containerfile", changed("WORKDIR /app", "cd /app")),
        ("no-base", changed(FROM, "WORKDIR /")),
        ("wrong-type", RIGHT.splitlines()),
    ],
}

ALTERNATIVES = {
    "2.1": [with_a_copy, with_the_other_unit, with_a_loop],
    "2.2": [GOOD, PARAMETRIZED, LOOPED, BY_NAME, BY_HAND],
    "2.3": [lock_by_rounds, lock_by_recursion, lock_by_sorting_lines],
    "2.4": [
        RIGHT,
        TWO_STAGES,
        ONE_BY_ONE,
        WITH_WHEELS,
        WITH_USER_SITE,
        WITH_A_PREFIX,
        WITH_ACTIVATION,
        changed("USER 10001", "USER nobody"),
        changed("USER 10001", "ARG U=10001\nUSER $U:$U"),
    ],
}
