"""Chapter 06."""

import os
import shutil
import tempfile
from graphlib import TopologicalSorter
from os import fsync as to_disk
from os import replace as rename_over
from pathlib import Path

import pandas as pd

from flightline.lineage import changed_sources, must_rerun
from flightline.partitions import publish as publish_chunks

KEY = ["time_hour", "carrier", "flight"]


# 6.1
def concat(published, batch):
    return pd.concat([published, batch])


def without_duplicates(published, batch):
    return pd.concat([published, batch]).drop_duplicates()


def first_by_key(published, batch):
    return pd.concat([published, batch]).drop_duplicates(KEY, keep="first")


def last_by_key(published, batch):
    return pd.concat([published, batch]).drop_duplicates(KEY, keep="last")


def last_by_flight(published, batch):
    return pd.concat([published, batch]).drop_duplicates(
        ["carrier", "flight", "month"], keep="last"
    )


def skip_published(published, batch):
    return pd.concat([published, batch[~batch["month"].isin(published["month"])]])


def one_month(published, batch):
    months = batch["month"].unique()
    rest = published[published["month"] != months[0]] if len(months) else published
    return pd.concat([rest, batch])


def only_batch(published, batch):
    return batch


def nothing(published, batch):
    return published


def in_place(published, batch):
    published.drop(published.index[published["month"].isin(batch["month"])], inplace=True)
    return pd.concat([published, batch])


def up_to_last_month(published, batch):
    return pd.concat([published[published["month"] < batch["month"].min()], batch])


def drops_by_label(published, batch):
    old = published.index[published["month"].isin(batch["month"])]
    return pd.concat([published.drop(index=old), batch])


def by_utc_month(published, batch):
    months = batch["time_hour"].dt.month
    return pd.concat([published[~published["time_hour"].dt.month.isin(months)], batch])


def without_missing(published, batch):
    return replace_months(published, batch).dropna()


def replace_months(published, batch):
    return pd.concat([published[~published["month"].isin(batch["month"])], batch])


def with_a_loop(published, batch):
    parts = [rows for month, rows in published.groupby("month") if month not in set(batch["month"])]
    return pd.concat([batch, *parts], ignore_index=True)


def with_a_merge(published, batch):
    months = batch[["month"]].drop_duplicates()
    marked = published.merge(months, on="month", how="left", indicator=True)
    kept = marked[marked["_merge"] == "left_only"].drop(columns="_merge")
    return pd.concat([kept, batch]).sort_values(KEY)


# 6.2
def directly(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def by_pathlib(path, text):
    Path(path).write_text(text, encoding="utf-8")


def write_aside(path, text, aside=None, sync=True):
    aside = aside or f"{path}.part"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    return aside


def without_fsync(path, text):
    os.replace(write_aside(path, text, sync=False), path)


def without_flush(path, text):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
        os.fsync(file.fileno())
    os.replace(f"{path}.part", path)


def removes_first(path, text):
    aside = write_aside(path, text)
    if os.path.exists(path):
        os.remove(path)
    os.rename(aside, path)


def copies(path, text):
    aside = write_aside(path, text)
    shutil.copyfile(aside, path)
    os.remove(aside)


def leaves_aside(path, text):
    shutil.copyfile(write_aside(path, text), path)


def replaces_too_early(path, text):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
        os.fsync(file.fileno())
        os.replace(f"{path}.part", path)


def elsewhere(path, text):
    folder = Path(path).parent.parent
    os.replace(write_aside(path, text, folder / f"{os.getpid()}.part"), path)


def swallows(path, text):
    try:
        os.replace(write_aside(path, text), path)
    except UnicodeEncodeError:
        return False


def ignores(path, text):
    by_bytes(path, text.encode("utf-8", errors="ignore").decode())


def once_only(path, text):
    if not os.path.exists(path):
        directly(path, text)
    else:
        text.encode()


def new_name_each_time(path, text):
    number = 0
    while os.path.exists(f"{path}.{number}"):
        number += 1
    os.replace(write_aside(path, text, f"{path}.{number}"), path)


def imported_without_fsync(path, text):
    rename_over(write_aside(path, text, sync=False), path)


def without_encoding(path, text):
    with open(f"{path}.part", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.part", path)


def pathlib_without_encoding(path, text):
    aside = Path(f"{path}.part")
    aside.write_text(text)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    aside.replace(path)


def with_a_backup(path, text):
    aside = write_aside(path, text)
    if os.path.exists(path):
        shutil.copyfile(path, f"{path}.bak")
    os.replace(aside, path)


def with_imported_names(path, text):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        to_disk(file.fileno())
    rename_over(f"{path}.part", path)


def in_a_folder_beside(path, text):
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        os.replace(write_aside(path, text, Path(folder) / "new"), path)


def by_bytes(path, text):
    content = text.encode("utf-8")
    aside = Path(path).with_suffix(".tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0))
    os.write(descriptor, content)
    os.fsync(descriptor)
    os.close(descriptor)
    aside.replace(path)


def with_clean_up(path, text):
    target = Path(path)
    aside = target.parent / f".{target.name}.{os.getpid()}"
    try:
        write_aside(path, text, aside)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def with_the_reference(path, text):
    publish_chunks(Path(path), [text.encode("utf-8")])


# 6.3
def direct_only(graph, changed):
    return [step for step, needs in graph.items() if set(needs) & set(changed)]


def all_of_them(graph, changed):
    return list(TopologicalSorter(graph).static_order())


def every_step(graph, changed):
    return [step for step in TopologicalSorter(graph).static_order() if step in graph]


def two_rounds(graph, changed):
    first = direct_only(graph, changed)
    return list(dict.fromkeys([*first, *direct_only(graph, first)]))


def in_written_order(graph, changed):
    return [step for step in graph if step in must_rerun(graph, changed)]


def by_distance(graph, changed):
    found, waiting = [], list(changed)
    while waiting:
        following = direct_only(graph, [waiting.pop(0)])
        found += following
        waiting += following
    return found


def one_pass(graph, changed):
    found = []
    for step, needs in graph.items():
        if set(needs) & {*changed, *found}:
            found.append(step)
    return found


def with_changed(graph, changed):
    return [*changed, *must_rerun(graph, changed)]


def and_the_report(graph, changed):
    found = must_rerun(graph, changed)
    return found if "alarm.json" in found else ["alarm.json", *found]


def everything_for_nothing(graph, changed):
    return must_rerun(graph, changed) or list(graph)


def by_growing(graph, changed):
    affected, before = set(changed), None
    while affected != before:
        before = set(affected)
        affected |= {step for step, needs in graph.items() if affected & set(needs)}
    todo = [step for step in graph if step in affected]
    done = []
    while todo:
        ready = [s for s in todo if not set(graph[s]) & set(todo)]
        done += ready
        todo = [s for s in todo if s not in ready]
    return done


def by_recursion(graph, changed):
    def affected(name):
        return name in changed or any(affected(need) for need in graph.get(name, []))

    ordered = TopologicalSorter(graph).static_order()
    return tuple(name for name in ordered if name in graph and affected(name))


# 6.4
def all_that_differs(name, before, after):
    return [each for each in after if after[each]["hash"] != before.get(each, {}).get("hash")]


def any_source_that_differs(name, before, after):
    return [each for each in all_that_differs(name, before, after) if not after[each]["inputs"]]


def upstream(name, records):
    inputs = records[name]["inputs"] if name in records else []
    if not inputs:
        return {name}
    return set().union(*(upstream(each, records) for each in inputs))


def own_inputs(name, before, after):
    return [
        each
        for each in after[name]["inputs"]
        if not after[each]["inputs"] and after[each]["hash"] != before[each]["hash"]
    ]


def all_upstream(name, before, after):
    return upstream(name, after)


def only_raw(name, before, after):
    return [each for each in changed_sources(name, before, after) if each.endswith(".csv")]


def known_in_both(name, before, after):
    used = upstream(name, after) & set(before)
    return [each for each in used if before[each]["hash"] != after[each]["hash"]]


def stops_where_nothing_differs(name, before, after):
    if name in before and name in after and before[name] == after[name]:
        return set()
    inputs = {
        each for records in (before, after) for each in records.get(name, {}).get("inputs", [])
    }
    if not inputs:
        return {name}
    return set().union(*(stops_where_nothing_differs(each, before, after) for each in inputs))


def as_it_is_now(name, before, after):
    used = upstream(name, after)
    return [each for each in used if before.get(each, {}).get("hash") != after[each]["hash"]]


def newly_used(name, before, after):
    new = upstream(name, after) ^ upstream(name, before)
    return new | set(changed_sources(name, before, after))


def at_once(name, before, after):
    used = upstream(name, before) | upstream(name, after)
    return {each for each in used if before.get(each, {}) != after.get(each, {})}


def with_pairs(name, before, after):
    def pairs(records):
        return {(each, records[each]["hash"]) for each in upstream(name, records)}

    return sorted(
        {each for each, _ in pairs(before) ^ pairs(after) if each in at_once(name, before, after)}
    )


# 6.5
COMMAND = "alarm:\n  cmd: python alarm.py quarter.json ${alarm_rate} alarm.json\n"
DEPS = "  deps: [alarm.py, quarter.json]\n"
PARAMS = "  params: [alarm_rate]\n"
OUTS = "  outs: [alarm.json]\n"
LONG = """
alarm:
  cmd: >-
    python alarm.py quarter.json
    ${alarm_rate} alarm.json
  outs:
    - alarm.json:
        cache: true
  params:
    - params.yaml:
        - alarm_rate
  deps:
    - quarter.json
    - alarm.py
  desc: Tells whether somebody should be called
"""

NEAR_MISSES = {
    "6.1": [
        ("doubles", concat),
        ("keeps-both", without_duplicates),
        ("keeps-old", first_by_key),
        ("keeps-withdrawn", last_by_key),
        ("loses-flights", last_by_flight),
        ("skips-month", skip_published),
        ("one-month-only", one_month),
        ("loses-other-months", only_batch),
        ("adds-nothing", nothing),
        ("changes-input", in_place),
        ("other-rows", without_missing),
        ("empty-batch", up_to_last_month),
        ("by-label", drops_by_label),
        ("by-utc-month", by_utc_month),
        ("wrong-type", lambda published, batch: published["month"].isin(batch["month"])),
    ],
    "6.2": [
        ("destroys-old", directly),
        ("destroys-old", by_pathlib),
        ("no-fsync", without_fsync),
        ("fsync-too-early", without_flush),
        ("no-fsync", imported_without_fsync),
        ("no-encoding", without_encoding),
        ("no-encoding", pathlib_without_encoding),
        ("keeps-backup", with_a_backup),
        ("gap", removes_first),
        ("in-place", copies),
        ("leaves-files", leaves_aside),
        ("not-closed", replaces_too_early),
        ("other-folder", elsewhere),
        ("swallows", swallows),
        ("writes-altered", ignores),
        ("not-replaced", once_only),
        ("leaves-after-failure", new_name_each_time),
        ("nothing-written", lambda path, text: text),
        ("other-content", lambda path, text: by_bytes(path, text.strip())),
    ],
    "6.3": [
        ("only-direct", direct_only),
        ("names-a-source", all_of_them),
        ("names-a-source", with_changed),
        ("everything", every_step),
        ("misses", two_rounds),
        ("one-pass", one_pass),
        ("wrong-order", in_written_order),
        ("twice", by_distance),
        ("too-much", and_the_report),
        ("something-for-nothing", everything_for_nothing),
    ],
    "6.4": [
        ("names-results", all_that_differs),
        ("names-unrelated", any_source_that_differs),
        ("not-far-enough", own_inputs),
        ("names-unchanged", all_upstream),
        ("misses-code", only_raw),
        ("stops-early", stops_where_nothing_differs),
        ("misses-new", known_in_both),
        ("misses-gone", as_it_is_now),
        ("names-unchanged", newly_used),
    ],
    "6.5": [
        ("misses-data", COMMAND),
        ("misses-data", COMMAND + "  deps: [alarm.py]\n" + PARAMS + OUTS),
        ("misses-code", COMMAND + "  deps: [quarter.json]\n" + PARAMS + OUTS),
        ("misses-param", COMMAND + DEPS + OUTS),
        ("no-output", COMMAND + DEPS + PARAMS),
        ("output-as-input", COMMAND + "  deps: [alarm.py, quarter.json, alarm.json]\n" + PARAMS),
        ("input-as-output", COMMAND + "  deps: [alarm.py]\n  outs: [quarter.json, alarm.json]\n"),
        ("whole-params", COMMAND + "  deps: [alarm.py, quarter.json, params.yaml]\n" + OUTS),
        ("too-much", COMMAND + "  deps: [alarm.py, quarter.json, raw]\n" + PARAMS + OUTS),
        ("too-much", COMMAND + DEPS + "  params: [alarm_rate, late_minutes]\n" + OUTS),
        ("outside", COMMAND + "deps: [alarm.py, quarter.json]\nparams: [alarm_rate]\n"),
        ("not-a-list", COMMAND + DEPS + "  params: alarm_rate\n" + OUTS),
        ("hard-coded", COMMAND.replace("${alarm_rate}", "0.2") + DEPS + PARAMS + OUTS),
        ("other-command", "alarm:\n  cmd: python alarm.py\n"),
        ("unknown-part", COMMAND + "  inputs: [alarm.py, quarter.json]\n"),
        ("no-stage", "cmd: python alarm.py\n"),
        ("not-yaml", COMMAND + "deps: [alarm.py\n"),
    ],
}

ALTERNATIVES = {
    "6.1": [replace_months, with_a_loop, with_a_merge],
    "6.2": [
        by_bytes,
        with_clean_up,
        with_the_reference,
        with_imported_names,
        in_a_folder_beside,
    ],
    "6.3": [must_rerun, by_growing, by_recursion],
    "6.4": [changed_sources, at_once, with_pairs],
    "6.5": [LONG, "stages:\n  " + (COMMAND + DEPS + PARAMS + OUTS).replace("\n", "\n  ")],
}
