"""Chapter 15."""

import math

import pandas as pd

from flightline import scale


# 15.1
def own_partition(history, first, last, window):
    scheduled = history["scheduled_departure"]
    return history[(scheduled >= first) & (scheduled < last)]


def from_the_first(history, first, last, window):
    landed = history["actual_arrival"]
    return history[(landed >= first) & (landed < last)]


def by_schedule(history, first, last, window):
    scheduled = history["scheduled_departure"]
    return history[(scheduled >= first - window) & (history["actual_arrival"] < last)]


def only_before(history, first, last, window):
    landed = history["actual_arrival"]
    return history[(landed >= first - window) & (landed < first)]


def everything(history, first, last, window):
    return history


def until_the_end(history, first, last, window):
    return history[history["actual_arrival"] < last]


def the_future_too(history, first, last, window):
    return history[history["actual_arrival"] >= first - window]


def open_edge(history, first, last, window):
    landed = history["actual_arrival"]
    return history[(landed > first - window) & (landed < last)]


def closed_end(history, first, last, window):
    return history[history["actual_arrival"].between(first - window, last)]


def not_outside(history, first, last, window):
    landed = history["actual_arrival"]
    return history[~((landed < first - window) | (landed >= last))]


def a_day(history, first, last, window):
    return scale.lookback(history, first, last, pd.Timedelta(hours=24))


def two_days(history, first, last, window):
    return scale.lookback(history, first, first + pd.Timedelta(hours=48), window)


def until_the_last_window(history, first, last, window):
    landed = history["actual_arrival"]
    return history[(landed >= first - window) & (landed < last - window)]


def an_hour_short(history, first, last, window):
    return scale.lookback(history, first, last - pd.Timedelta(hours=1), window)


def until_midnight(history, first, last, window):
    return scale.lookback(history, first, last.normalize(), window)


def in_place(history, first, last, window):
    landed = history["actual_arrival"]
    outside = history.index[~((landed >= first - window) & (landed < last))]
    history.drop(outside, inplace=True)
    return history


def one_column(history, first, last, window):
    return scale.lookback(history, first, last, window)[["actual_arrival"]]


def renumbered(history, first, last, window):
    return scale.lookback(history, first, last, window).reset_index(drop=True)


def a_column_more(history, first, last, window):
    return scale.lookback(history, first, last, window).assign(age=1)


def a_mask(history, first, last, window):
    landed = history["actual_arrival"]
    return (landed >= first - window) & (landed < last)


def with_between(history, first, last, window):
    return history[history["actual_arrival"].between(first - window, last, inclusive="left")]


def with_a_query(history, first, last, window):
    names = {"start": first - window, "last": last}
    return history.query("@start <= actual_arrival < @last", local_dict=names)


def in_a_loop(history, first, last, window):
    kept = [
        index
        for index, landed in history["actual_arrival"].items()
        if pd.notna(landed) and first - window <= landed < last
    ]
    return history.loc[kept]


# 15.2
def _walk(
    steps,
    lies_by,
    *,
    together=lambda lies, by: bool(lies) and lies <= by,
    assign=lambda lies, column: set() if column in lies else lies,
    after=lambda lies, by, moved: by if moved else lies,
    moves=("join", "group"),
):
    lies, found = set(lies_by), []
    for at, step in enumerate(steps):
        if step["do"] == "assign":
            lies = assign(lies, step["column"])
        elif step["do"] in moves:
            by = set(step.get("by", ()))
            moved = not together(lies, by)
            if moved:
                found.append(at)
            lies = after(lies, by, moved)
    return found


def small_tables_move(steps, lies_by):
    return [*_walk(steps, lies_by), *(i for i, step in enumerate(steps) if step["do"] == "send")]


def every_group(steps, lies_by):
    return [at for at, step in enumerate(steps) if step["do"] in ("join", "group")]


def any_assign(steps, lies_by):
    return _walk(steps, lies_by, assign=lambda lies, column: set())


def only_equal(steps, lies_by):
    return _walk(steps, lies_by, together=lambda lies, by: lies == by)


def other_way_round(steps, lies_by):
    return _walk(steps, lies_by, together=lambda lies, by: bool(lies & by))


def vacuous(steps, lies_by):
    return _walk(steps, lies_by, together=lambda lies, by: lies <= by)


def never_moved(steps, lies_by):
    return _walk(steps, lies_by, after=lambda lies, by, moved: lies)


def remembers_both(steps, lies_by):
    known = [set(lies_by)] if lies_by else []
    found = []
    for at, step in enumerate(steps):
        if step["do"] == "assign":
            known = [lies for lies in known if step["column"] not in lies]
        elif step["do"] in ("join", "group"):
            by = set(step["by"])
            if not any(lies <= by for lies in known):
                found.append(at)
                known.append(by)
    return found


def relabels(steps, lies_by):
    return _walk(steps, lies_by, after=lambda lies, by, moved: by)


def as_dask_believes(steps, lies_by):
    return _walk(steps, lies_by, assign=lambda lies, column: lies)


def drops_one_column(steps, lies_by):
    return _walk(steps, lies_by, assign=lambda lies, column: lies - {column})


def forgets_after_a_move(steps, lies_by):
    lies, found = set(lies_by), []
    for at, step in enumerate(steps):
        if step["do"] in ("join", "group"):
            if not lies or not lies <= set(step["by"]):
                found.append(at)
                lies = set(step["by"])
        elif step["do"] == "assign" and step["column"] in lies and not found:
            lies = set()
    return found


def only_what_lay_at_first(steps, lies_by):
    return _walk(
        steps, lies_by, assign=lambda lies, column: set() if column in set(lies_by) else lies
    )


def every_join(steps, lies_by):
    lies, found = set(lies_by), []
    for at, step in enumerate(steps):
        if step["do"] == "assign" and step["column"] in lies:
            lies = set()
        elif step["do"] == "join" or (
            step["do"] == "group" and (not lies or not lies <= set(step["by"]))
        ):
            found.append(at)
            lies = set(step["by"])
    return found


def from_one(steps, lies_by):
    return [at + 1 for at in _walk(steps, lies_by)]


def the_steps(steps, lies_by):
    return [steps[at] for at in _walk(steps, lies_by)]


def a_generator(steps, lies_by):
    return (at for at in _walk(steps, lies_by))


def empties_lies_by(steps, lies_by):
    found = _walk(steps, lies_by)
    lies_by.clear()
    return found


def the_steps_one_by_one(steps, lies_by):
    return (steps[at] for at in _walk(steps, lies_by))


def fails_on_the_way(steps, lies_by):
    return (1 // at for at in _walk(steps, lies_by))


def writes_lies_by(steps, lies_by):
    found = []
    for at, step in enumerate(steps):
        if step["do"] == "assign" and step["column"] in lies_by:
            lies_by[:] = []
        elif step["do"] in ("join", "group") and (not lies_by or not set(lies_by) <= {*step["by"]}):
            found.append(at)
            lies_by[:] = step["by"]
    return found


def clears_what_it_was_given(steps, lies_by):
    lies, found = lies_by, []
    for at, step in enumerate(steps):
        if step["do"] == "assign" and step["column"] in lies:
            lies.clear()
        elif step["do"] in ("join", "group") and (not lies or not set(lies) <= set(step["by"])):
            found.append(at)
            lies = list(step["by"])
    return found


def clears_the_keys_of_a_step(steps, lies_by):
    lies, found = list(lies_by), []
    for at, step in enumerate(steps):
        if step["do"] == "assign" and step["column"] in lies:
            lies.clear()
        elif step["do"] in ("join", "group") and (not lies or not set(lies) <= set(step["by"])):
            found.append(at)
            lies = step["by"]
    return found


def how_many(steps, lies_by):
    return len(_walk(steps, lies_by))


def joins_only(steps, lies_by):
    return _walk(steps, lies_by, moves=("join",))


def ordered(steps, lies_by):
    lies, found = list(lies_by), []
    for at, step in enumerate(steps):
        if step["do"] == "assign" and step["column"] in lies:
            lies = []
        elif step["do"] in ("join", "group") and (not lies or step["by"][: len(lies)] != lies):
            found.append(at)
            lies = step["by"]
    return found


def as_a_set(steps, lies_by):
    return set(_walk(steps, lies_by))


def with_none(steps, lies_by):
    lies = tuple(lies_by) or None
    found = ()
    for at, step in enumerate(steps):
        do = step["do"]
        if do == "assign" and lies is not None and step["column"] in lies:
            lies = None
        if do in ("join", "group") and (lies is None or not all(c in step["by"] for c in lies)):
            found += (at,)
            lies = tuple(step["by"])
    return found


# 15.3
def _hours(option, rows, start=True, each=False):
    speed = option["rows_per_hour"] * (option["machines"] if each else 1)
    return (option["start"] if start else 0) + rows / speed


def _choose(
    options,
    rows,
    deadline,
    *,
    hours=_hours,
    cost=lambda option, spent: spent * option["machines"] * option["price"] + option["upkeep"],
    possible=lambda option, rows, spent, deadline: spent <= deadline and rows <= option["largest"],
    key=lambda bill, spent: (bill, spent),
):
    best, lowest = None, None
    for name, option in options.items():
        spent = hours(option, rows)
        if not possible(option, rows, spent, deadline):
            continue
        value = key(cost(option, spent), spent)
        if lowest is None or value < lowest:
            best, lowest = name, value
    return best


def fastest(options, rows, deadline):
    return _choose(options, rows, deadline, key=lambda bill, spent: (spent, bill))


def no_deadline(options, rows, deadline):
    return _choose(options, rows, deadline, possible=lambda o, r, s, d: r <= o["largest"])


def no_memory(options, rows, deadline):
    return _choose(options, rows, deadline, possible=lambda o, r, s, d: s <= d)


def one_bill(options, rows, deadline):
    return _choose(options, rows, deadline, cost=lambda o, s: s * o["price"] + o["upkeep"])


def scales(options, rows, deadline):
    return _choose(options, rows, deadline, hours=lambda o, r: _hours(o, r, each=True))


def no_start(options, rows, deadline):
    return _choose(options, rows, deadline, hours=lambda o, r: _hours(o, r, start=False))


def start_paid_but_not_waited_for(options, rows, deadline):
    return _choose(
        options,
        rows,
        deadline,
        possible=lambda o, r, s, d: s - o["start"] <= d and r <= o["largest"],
    )


def no_people(options, rows, deadline):
    return _choose(options, rows, deadline, cost=lambda o, s: s * o["price"] * o["machines"])


def always_something(options, rows, deadline):
    return _choose(options, rows, deadline) or next(iter(options), None)


def raises_on_nothing(options, rows, deadline):
    found = _choose(options, rows, deadline)
    if not options:
        return min(options)
    return found


def before_the_deadline(options, rows, deadline):
    return _choose(options, rows, deadline, possible=lambda o, r, s, d: s < d and r <= o["largest"])


def below_the_largest(options, rows, deadline):
    return _choose(options, rows, deadline, possible=lambda o, r, s, d: s <= d and r < o["largest"])


def first_of_equal(options, rows, deadline):
    return _choose(options, rows, deadline, key=lambda bill, spent: bill)


def upkeep_of_each_machine(options, rows, deadline):
    return _choose(
        options, rows, deadline, cost=lambda o, s: (s * o["price"] + o["upkeep"]) * o["machines"]
    )


def upkeep_of_each_hour(options, rows, deadline):
    return _choose(
        options, rows, deadline, cost=lambda o, s: s * (o["price"] * o["machines"] + o["upkeep"])
    )


def whole_hours(options, rows, deadline):
    return _choose(
        options,
        rows,
        deadline,
        cost=lambda o, s: math.ceil(s) * o["price"] * o["machines"] + o["upkeep"],
    )


def start_of_one_machine(options, rows, deadline):
    def cost(o, s):
        return (s - o["start"]) * o["machines"] * o["price"] + o["start"] * o["price"] + o["upkeep"]

    return _choose(options, rows, deadline, cost=cost)


def start_for_nothing_but_its_hours(options, rows, deadline):
    def cost(o, s):
        return (s - o["start"]) * o["machines"] * o["price"] + o["upkeep"] + o["start"]

    return _choose(options, rows, deadline, cost=cost)


def rounds_the_cost(digits):
    def answer(options, rows, deadline):
        return _choose(options, rows, deadline, key=lambda bill, s: (round(bill, digits), s))

    return answer


def hours_begun(options, rows, deadline):
    return _choose(
        options,
        rows,
        deadline,
        cost=lambda o, s: int(s) * o["price"] * o["machines"] + o["upkeep"],
    )


def whole_rows_per_hour(options, rows, deadline):
    return _choose(options, rows, deadline, hours=lambda o, r: o["start"] + r // o["rows_per_hour"])


def deadline_by_whole_hours(options, rows, deadline):
    return _choose(
        options,
        rows,
        deadline,
        possible=lambda o, r, s, d: int(s) <= d and r <= o["largest"],
    )


def rounded_against_floats(options, rows, deadline):
    return _choose(options, rows, deadline, key=lambda bill, s: (round(bill, 9), s))


def memory_of_each_machine(options, rows, deadline):
    return _choose(
        options,
        rows,
        deadline,
        possible=lambda o, r, s, d: s <= d and r <= o["largest"] * o["machines"],
    )


def by_name(options, rows, deadline):
    ordered = {name: options[name] for name in sorted(options)}
    return _choose(ordered, rows, deadline, key=lambda bill, spent: bill)


def by_working_hours(options, rows, deadline):
    cheap = {}
    for name, option in options.items():
        work = rows / option["rows_per_hour"]
        hours = option["start"] + work
        if hours <= deadline and rows <= option["largest"]:
            bill = hours * option["machines"] * option["price"] + option["upkeep"]
            cheap[name] = (bill, work)
    return min(cheap, key=cheap.get, default=None)


def with_min(options, rows, deadline):
    def hours(name):
        return options[name]["start"] + rows / options[name]["rows_per_hour"]

    def cost(name):
        one = options[name]
        return hours(name) * one["machines"] * one["price"] + one["upkeep"]

    fitting = [n for n in options if hours(n) <= deadline and rows <= options[n]["largest"]]
    return min(fitting, key=lambda name: (cost(name), hours(name)), default=None)


def with_pandas(options, rows, deadline):
    if not options:
        return None
    table = pd.DataFrame.from_dict(options, orient="index")
    table["hours"] = table["start"] + rows / table["rows_per_hour"]
    table["cost"] = table["hours"] * table["machines"] * table["price"] + table["upkeep"]
    table = table[(table["hours"] <= deadline) & (table["largest"] >= rows)]
    order = table.sort_values(["cost", "hours"])
    return order.index[0] if len(order) else None


NEAR_MISSES = {
    "15.1": [
        ("cut-window", own_partition),
        ("cut-window", from_the_first),
        ("own-landings", only_before),
        ("by-schedule", by_schedule),
        ("too-much", everything),
        ("too-much", until_the_end),
        ("the-future", the_future_too),
        ("open-edge", open_edge),
        ("closed-end", closed_end),
        ("never-landed", not_outside),
        ("fixed-window", a_day),
        ("ignores-last", two_days),
        ("short-end", until_the_last_window),
        ("short-end", an_hour_short),
        ("short-end", until_midnight),
        ("changes-history", in_place),
        ("lost-columns", one_column),
        ("other-index", renumbered),
        ("other-columns", a_column_more),
        ("wrong-type", a_mask),
    ],
    "15.2": [
        ("moves-nothing", small_tables_move),
        ("always-moves", every_group),
        ("any-assign", any_assign),
        ("subset", only_equal),
        ("superset", other_way_round),
        ("superset", joins_only),
        ("knows-nothing", vacuous),
        ("stays-put", never_moved),
        ("remembers-both", remembers_both),
        ("relabels", relabels),
        ("key-changed", as_dask_believes),
        ("key-changed-after-a-move", forgets_after_a_move),
        ("key-changed-after-a-move", only_what_lay_at_first),
        ("join-always-moves", every_join),
        ("counts-from-one", from_one),
        ("wrong-type", the_steps),
        ("wrong-type", the_steps_one_by_one),
        ("wrong-type", fails_on_the_way),
        ("changes-its-input", empties_lies_by),
        ("changes-its-input", writes_lies_by),
        ("changes-its-input", clears_what_it_was_given),
        ("changes-its-input", clears_the_keys_of_a_step),
        ("key-changed-in-part", drops_one_column),
        ("order-matters", ordered),
        ("wrong-type", how_many),
    ],
    "15.3": [
        ("the-fastest", fastest),
        ("ignores-deadline", no_deadline),
        ("ignores-memory", no_memory),
        ("one-bill", one_bill),
        ("scales-by-itself", scales),
        ("forgets-start", no_start),
        ("start-on-time", start_paid_but_not_waited_for),
        ("forgets-people", no_people),
        ("upkeep-once", upkeep_of_each_machine),
        ("upkeep-once", upkeep_of_each_hour),
        ("whole-hours", whole_hours),
        ("whole-hours", hours_begun),
        ("whole-hours", whole_rows_per_hour),
        ("whole-hours", deadline_by_whole_hours),
        ("start-of-all-machines", start_of_one_machine),
        ("start-of-all-machines", start_for_nothing_but_its_hours),
        ("rounds-the-cost", rounds_the_cost(0)),
        ("rounds-the-cost", rounds_the_cost(2)),
        ("memory-adds-up", memory_of_each_machine),
        ("tie-by-name", by_name),
        ("tie-without-start", by_working_hours),
        ("nothing-fits", always_something),
        ("raises", raises_on_nothing),
        ("deadline-itself", before_the_deadline),
        ("largest-itself", below_the_largest),
        ("tie", first_of_equal),
        ("other-choice", lambda options, rows, deadline: None),
        ("wrong-type", lambda options, rows, deadline: 3),
    ],
}

ALTERNATIVES = {
    "15.1": [with_between, with_a_query, in_a_loop, scale.lookback],
    "15.2": [as_a_set, with_none, a_generator],
    "15.3": [with_min, with_pandas, rounded_against_floats],
}
