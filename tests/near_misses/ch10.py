"""Chapter 10."""

import hashlib
import json
import time
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from flightline.gates import bootstrap_interval
from flightline.tracking import best_run, compare_records, contenders, gaps, table_digest


# 10.1
def sha(content):
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def record_with(data=table_digest, code=sha, **kept):
    """Return an answer with other digests, or other rules for what is kept."""

    def record(table, text, seed, parameters, versions):
        values = {"seed": seed, "parameters": parameters, "versions": versions}
        values = {
            name: kept.get(name, lambda value: value)(value) for name, value in values.items()
        }
        return {"data": data(table), "code": code(text), **values}

    record.__name__ = f"record_with_{getattr(data, '__name__', 'data')}"
    return record


def rows(table):
    return pd.util.hash_pandas_object(table, index=False).to_numpy()


def header(table):
    return json.dumps([(str(name), str(kind)) for name, kind in table.dtypes.items()])


def printed(table):
    return sha(str(table))


def described(table):
    return sha(table.describe(include="all").to_string())


def numbers_only(table):
    numeric = table.select_dtypes("number")
    return sha(header(table) + numeric.to_csv(index=False))


def without_texts(table):
    return sha(header(table) + table.drop(columns="dest", errors="ignore").to_csv(index=False))


def filled(table):
    return sha(header(table) + table.fillna(0).to_csv(index=False))


def summed(table):
    return sha(header(table) + str(rows(table).sum()))


def only_rows(table):
    return sha(rows(table).tobytes())


def csv_text(table):
    return sha(table.to_csv(index=False))


def with_index(table):
    return sha(header(table)) + sha(pd.util.hash_pandas_object(table).to_numpy().tobytes())


def dated(table):
    return table_digest(table) + str(time.perf_counter_ns())


def whole(table):
    return table.to_csv(index=False)


def an_array(table):
    return rows(table)


def without_none(parameters):
    return {name: value for name, value in parameters.items() if value is not None}


def without_seed(table, code, seed, parameters, versions):
    found = record_with()(table, code, seed, parameters, versions)
    del found["seed"]
    return found


def a_digest_of_all(table, code, seed, parameters, versions):
    return sha(str((table_digest(table), code, seed, parameters, versions)))


def in_one_line(table, code, seed, parameters, versions):
    kinds = ",".join(f"{name}:{kind}" for name, kind in zip(table, table.dtypes, strict=True))
    digest = hashlib.md5(kinds.encode() + rows(table).tobytes()).hexdigest()
    return dict(data=digest, code=sha(code), seed=seed, parameters=parameters, versions=versions)


def by_csv_and_types(table, code, seed, parameters, versions):
    text = table.to_csv(index=False) + str(table.dtypes.astype(str).to_dict())
    return {
        "data": "sha256:" + sha(text),
        "code": "sha256:" + sha(code),
        "seed": seed,
        "parameters": dict(parameters),
        "versions": dict(versions),
        "rows": len(table),
    }


def as_it_is(code):
    return code


# 10.2
def queried(change):
    """Return the reference on a changed table, or with changed limits."""

    def answer(runs, most_kb, least_rows):
        return best_run(*change(runs, most_kb, least_rows))

    answer.__name__ = change.__name__
    return answer


@queried
def any_size(runs, most_kb, least_rows):
    return runs, 1e9, least_rows


@queried
def below_the_limit(runs, most_kb, least_rows):
    return runs, most_kb - 1e-6, least_rows


@queried
def any_status(runs, most_kb, least_rows):
    return runs.assign(status="FINISHED"), most_kb, least_rows


@queried
def all_but_failed(runs, most_kb, least_rows):
    return runs[runs["status"] != "FAILED"].assign(status="FINISHED"), most_kb, least_rows


@queried
def missing_is_free(runs, most_kb, least_rows):
    return runs.fillna({"metrics.cost": 0.0, "metrics.size_kb": 1e9}), most_kb, least_rows


@queried
def exactly_these_rows(runs, most_kb, least_rows):
    return runs[runs["params.rows"] == str(least_rows)], most_kb, least_rows


def as_texts(runs, most_kb, least_rows):
    enough = runs["params.rows"].fillna("") >= str(least_rows)
    return best_run(runs[enough], most_kb, 0)


def whole_numbers(runs, most_kb, least_rows):
    found = runs.assign(**{"params.rows": runs["params.rows"].astype(int)})
    return best_run(found, most_kb, least_rows)


def highest_cost(runs, most_kb, least_rows):
    return best_run(runs.assign(**{"metrics.cost": -runs["metrics.cost"]}), most_kb, least_rows)


def first_of_equals(runs, most_kb, least_rows):
    found = _fitting(runs, most_kb, least_rows)
    return None if found.empty else found.loc[found["metrics.cost"].idxmin(), "run_id"]


def _fitting(runs, most_kb, least_rows):
    enough = pd.to_numeric(runs["params.rows"]) >= least_rows
    small = runs["metrics.size_kb"] <= most_kb
    return runs[enough & small & (runs["status"] == "FINISHED") & runs["metrics.cost"].notna()]


def cheapest_of_all(runs, most_kb, least_rows):
    found = best_run(runs, most_kb, least_rows)
    return found or (None if runs.empty else runs.sort_values("metrics.cost")["run_id"].iloc[0])


def an_empty_text(runs, most_kb, least_rows):
    return best_run(runs, most_kb, least_rows) or (None if len(runs) else "")


def the_row(runs, most_kb, least_rows):
    return _fitting(runs, most_kb, least_rows)


def by_loop(runs, most_kb, least_rows):
    best = None
    for run in runs.to_dict("records"):
        if run["status"] != "FINISHED" or pd.isna(run["metrics.cost"]):
            continue
        if run["params.rows"] is None or int(run["params.rows"]) < least_rows:
            continue
        if run["metrics.size_kb"] > most_kb:
            continue
        key = (run["metrics.cost"], run["metrics.size_kb"])
        if best is None or key < best[0]:
            best = (key, run["run_id"])
    return best and best[1]


def by_query(runs, most_kb, least_rows):
    found = _fitting(runs, most_kb, least_rows)
    ordered = found.sort_values(by=["metrics.cost", "metrics.size_kb"]).set_index("run_id")
    return next(iter(ordered.index), None)


# 10.3
def overlapping(costs, days):
    intervals = {name: bootstrap_interval(costs[name], days) for name in costs}
    high = intervals[costs.mean().idxmin()][1]
    return [name for name, (low, _) in intervals.items() if low <= high]


def each_flight(costs, days):
    return contenders(costs, np.arange(len(costs)))


def dearest_is_best(costs, days):
    best = costs.mean().idxmax()
    return [n for n in costs if bootstrap_interval(costs[n] - costs[best], days)[1] >= 0]


def only_best(costs, days):
    return [costs.mean().idxmin()]


def everything(costs, days):
    return list(costs)


def others_only(costs, days):
    return [name for name in contenders(costs, days) if name != costs.mean().idxmin()]


def below_zero(costs, days):
    best = costs.mean().idxmin()
    low = {n: bootstrap_interval(costs[n] - costs[best], days)[0] for n in costs}
    return [n for n in costs if low[n] < 0 or n == best]


def positions(costs, days):
    return [list(costs).index(name) for name in contenders(costs, days)]


def within_a_unit(costs, days):
    means = costs.mean()
    return list(means[means <= means.min() + 1].index)


def from_daily_means(costs, days):
    daily = costs.groupby(np.asarray(days)).mean()
    best = daily[costs.mean().idxmin()]
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, len(daily), (1_000, len(daily)))
    low = {n: np.quantile((daily[n] - best).to_numpy()[drawn].mean(1), 0.025) for n in daily}
    return {name for name, value in low.items() if value <= 0}


def with_apply(costs, days):
    behind = costs.sub(costs[costs.mean().idxmin()], axis=0)
    lows = behind.apply(lambda by: bootstrap_interval(by, days, seed=7)[0])
    return lows[lows <= 0].index


# 10.4
MISSING = object()


def compared(differ=None, unknown=None, names=None):
    """Return an answer with another comparison, or another idea of what isn't known."""

    def answer(first, second):
        every = names(first, second) if names else sorted({*first, *second})
        is_unknown = unknown or (lambda a, b: MISSING in (a, b))
        is_other = differ or (lambda a, b: str(a) != str(b))
        pairs = [(name, first.get(name, MISSING), second.get(name, MISSING)) for name in every]
        open_ = [name for name, a, b in pairs if is_unknown(a, b)]
        found = [n for n, a, b in pairs if n not in open_ and is_other(a, b)]
        return {"differ": found, "unknown": open_}

    return answer


def falsy(value):
    return value is MISSING or (value is not None and not value)


as_they_are = compared(differ=lambda a, b: a != b)
never_unknown = compared(unknown=lambda a, b: False)
falsy_is_missing = compared(unknown=lambda a, b: falsy(a) or falsy(b))
none_is_missing = compared(unknown=lambda a, b: {None, MISSING} & {a, b})
none_is_no_text = compared(differ=lambda a, b: (a is None) != (b is None) or str(a) != str(b))
none_text_is_missing = compared(unknown=lambda a, b: {"None", MISSING} & {a, b})
names_of_first = compared(names=lambda first, second: sorted(first))
names_of_both = compared(names=lambda first, second: sorted({*first} & {*second}))
as_they_come = compared(names=lambda first, second: list({**second, **first}))
same_every_time = compared(differ=lambda a, b: False)
listed_twice = compared(names=lambda first, second: sorted([*first, *second]))


def by_get(first, second):
    found = {"differ": [], "unknown": []}
    for name in sorted({*first, *second}):
        one, other = first.get(name), second.get(name)
        if str(one) == str(other):
            continue
        known = name in first and name in second
        found["differ" if known else "unknown"].append(name)
    return found


def only_differences(first, second):
    return compare_records(first, second)["differ"]


def with_pandas(first, second):
    texts = [pd.Series(each, dtype=object).map(str) for each in (first, second)]
    table = pd.concat(texts, axis=1).sort_index()
    known = table.notna().all(axis=1)
    return {
        "differ": list(table.index[known & (table[0] != table[1])]),
        "unknown": list(table.index[~known]),
    }


def by_sets(first, second):
    return {
        "differ": sorted(n for n in first if n in second and f"{first[n]}" != f"{second[n]}"),
        "unknown": sorted(set(first).symmetric_difference(second)),
    }


# 10.5
def judged(**rules):
    """Return the reference with the verdict on one name replaced by another rule."""

    def answer(run):
        found = set(gaps(run))
        for name, is_open in rules.items():
            found = found - {name} | ({name} if is_open(run) else set())
        return sorted(found)

    answer.__name__ = "_".join(rules)
    return answer


any_metric = judged(score=lambda run: not run["metrics"])
training_anywhere = judged(score=lambda run: all("training" in name for name in run["metrics"]))
a_seed_is_there = judged(seed=lambda run: not {"seed", "random_state"} & set(run["params"]))
only_random_state = judged(seed=lambda run: run["params"].get("random_state", "None") == "None")
no_none_at_all = judged(
    seed=lambda run: (
        "None" in [run["params"].get(name) for name in ("seed", "random_state")]
        or not {"seed", "random_state"} & set(run["params"])
    )
)
zero_is_no_seed = judged(
    seed=lambda run: (
        not any(
            run["params"].get(name, "None") not in ("None", "0")
            for name in ("seed", "random_state")
        )
    )
)
any_dataset = judged(data=lambda run: not run["datasets"])
any_digest = judged(data=lambda run: not any(each["digest"] for each in run["datasets"]))
first_dataset = judged(data=lambda run: "data" in gaps(run | {"datasets": run["datasets"][:1]}))
last_dataset = judged(data=lambda run: not any(len(e["digest"]) == 32 for e in run["datasets"]))
files_on_top = judged(environment=lambda run: "requirements.txt" not in run["artifacts"])
any_artifact = judged(environment=lambda run: not any("r" in path for path in run["artifacts"]))
any_end = judged(
    environment=lambda run: not any(p.endswith("requirements.txt") for p in run["artifacts"])
)
anywhere_in_path = judged(
    environment=lambda run: not any("/requirements.txt" in f"/{p}" for p in run["artifacts"])
)


def nothing_open(run):
    return []


def sentences(run):
    return [f"no {name}" for name in gaps(run)]


def true_or_false(run):
    return bool(gaps(run))


def with_ifs(run):
    found = []
    if max((len(each["digest"]) for each in run["datasets"]), default=0) <= 8:
        found.append("data")
    if all(run["params"].get(name) in (None, "None") for name in ("seed", "random_state")):
        found.append("seed")
    if not any(PurePosixPath(path).name == "requirements.txt" for path in run["artifacts"]):
        found.append("environment")
    if not [name for name in run["metrics"] if name[:9] != "training_"]:
        found.append("score")
    return found


def as_a_set(run):
    return set(gaps(run))


NEAR_MISSES = {
    "10.1": [
        ("looks-at-ends", record_with(printed)),
        ("looks-at-ends", record_with(lambda table: sha(header(table) + str(len(table))))),
        ("labels-unseen", record_with(numbers_only)),
        ("texts-unseen", record_with(without_texts)),
        ("missing-is-zero", record_with(filled)),
        ("order-unseen", record_with(summed)),
        ("names-unseen", record_with(only_rows)),
        ("types-unseen", record_with(csv_text)),
        ("index-counts", record_with(with_index)),
        ("not-stable", record_with(dated)),
        ("no-digest", record_with(whole)),
        ("not-json", record_with(an_array)),
        ("code-unseen", record_with(code=lambda text: sha(str(len(text))))),
        ("code-unseen", record_with(code=lambda text: sha(text[:20]))),
        ("code-cut-off", record_with(code=lambda text: text[:200])),
        ("no-digest", record_with(code=as_it_is)),
        ("code-unified", record_with(code=lambda text: sha(text.lower()))),
        ("code-unified", record_with(code=lambda text: sha(text.strip()))),
        ("code-unified", record_with(code=lambda text: sha(" ".join(text.split())))),
        ("salted-hash", record_with(code=lambda text: str(hash(text)))),
        ("seed-not-kept", record_with(seed=str)),
        ("seed-not-kept", record_with(seed=bool)),
        ("parameters-not-kept", record_with(parameters=str)),
        (
            "parameters-not-kept",
            record_with(parameters=lambda p: {k: v for k, v in p.items() if v}),
        ),
        ("versions-not-kept", record_with(versions=list)),
        ("lacks-ingredient", without_seed),
        ("wrong-type", a_digest_of_all),
    ],
    "10.2": [
        ("dearest", highest_cost),
        ("ignores-size", any_size),
        ("limit-excluded", below_the_limit),
        ("compares-texts", as_texts),
        ("wants-the-same-rows", exactly_these_rows),
        ("raises", whole_numbers),
        ("takes-failed", any_status),
        ("takes-unfinished", all_but_failed),
        ("takes-missing", missing_is_free),
        ("tie", first_of_equals),
        ("anything-then", cheapest_of_all),
        ("empty", an_empty_text),
        ("wrong-type", the_row),
    ],
    "10.3": [
        ("separate-intervals", overlapping),
        ("flights-alone", each_flight),
        ("without-the-best", dearest_is_best),
        ("without-the-best", others_only),
        ("only-the-best", only_best),
        ("only-the-best", below_zero),
        ("keeps-all", everything),
        ("separate-intervals", within_a_unit),
        ("wrong-type", positions),
    ],
    "10.4": [
        ("overlooks-difference", same_every_time),
        ("text-or-number", as_they_are),
        ("missing-in-second", never_unknown),
        ("missing-in-second", names_of_both),
        ("missing-in-first", names_of_first),
        ("none-is-missing", none_is_missing),
        ("none-from-the-store", none_is_no_text),
        ("none-from-the-store", none_text_is_missing),
        ("none-for-missing", by_get),
        ("zero-is-missing", falsy_is_missing),
        ("unsorted", as_they_come),
        ("twice", listed_twice),
        ("wrong-type", only_differences),
    ],
    "10.5": [
        ("training-score-counts", any_metric),
        ("training-score-counts", nothing_open),
        ("name-contains-training", training_anywhere),
        ("none-as-text", a_seed_is_there),
        ("other-name-of-seed", only_random_state),
        ("one-seed-is-enough", no_none_at_all),
        ("objects-to-complete", zero_is_no_seed),
        ("name-is-no-digest", any_dataset),
        ("short-digest", any_digest),
        ("first-dataset-only", first_dataset),
        ("first-dataset-only", last_dataset),
        ("file-in-a-folder", files_on_top),
        ("any-file", any_artifact),
        ("other-file-name", any_end),
        ("other-file-name", anywhere_in_path),
        ("unknown-name", sentences),
        ("wrong-type", true_or_false),
    ],
}

ALTERNATIVES = {
    "10.1": [in_one_line, by_csv_and_types],
    "10.2": [by_loop, by_query],
    "10.3": [from_daily_means, with_apply],
    "10.4": [with_pandas, by_sets, compare_records],
    "10.5": [with_ifs, as_a_set],
}
