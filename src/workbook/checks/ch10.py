"""The exercises of chapter 10: recording, querying, comparing, explaining, and autolog's gaps."""

import json
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    mapping,
    names,
    wrong,
)

# --- 10.1 A record that another can train from ---------------------------------------------------

KEYS = ("data", "code", "seed", "parameters", "versions")
CODE = """def features(flights):
    recent = flights["delay"].rolling(3).mean()
    far = flights["distance"] > 1_000
    return flights.assign(recent=recent, far=far)


def fit(flights, seed):
    table = features(flights)
    model = make_model(seed, trees=20)
    return model.fit(table.drop(columns="is_late"), table["is_late"])
"""
PARAMETERS = {"max_iter": 20, "learning_rate": 0.1, "max_depth": None, "early_stopping": False}
CHANGED_CODE = (
    (CODE.replace("rolling(3)", "rolling(6)"), "code-unseen", "A 3 in the code became a 6"),
    (
        CODE.replace("recent=recent, far=far", "far=far, recent=recent"),
        "code-unseen",
        "Two columns in the code changed places",
    ),
    (
        CODE.replace("trees=20", "trees=25"),
        "code-cut-off",
        "At the end of a longer code 20 trees became 25",
    ),
    (
        CODE.replace('"is_late"', '"Is_late"'),
        "code-unified",
        "A letter of the code became a capital, which names another column",
    ),
    (CODE + "\n", "code-unified", "The code got an empty line at its end, so it is another text"),
    ("    " + CODE, "code-unified", "The code got blanks in front, so it is another text"),
)
VERSIONS = {"python": "3.11.7", "scikit-learn": "1.6.1"}
ROWS = 2_000
DIGEST = 200


def check_record(answer: Answer) -> Verdict | None:
    """Read a record back from JSON, then change one ingredient after the other."""
    first = _record(answer)
    for name, given in (("seed", 0), ("parameters", PARAMETERS), ("versions", VERSIONS)):
        if not _same(first[name], given):
            return wrong(
                f"{name}-not-kept",
                f"Read back from JSON, `{name}` is {_short(first[name])} and was {_short(given)}. "
                "Keep it as it is, with its types: a model wants the number 20, not the text.",
            )
    for name in ("data", "code"):
        value = first[name]
        if not isinstance(value, str) or len(value) > DIGEST:
            return wrong(
                "no-digest",
                f"`{name}` is to be a text of at most {DIGEST} characters: a digest, which stands "
                f"for the whole. Yours is {_short(value)}.",
            )
    if first["code"] in (str(hash(CODE)), hex(hash(CODE))):
        return wrong(
            "salted-hash",
            "Python's `hash` of a text differs from process to process, so that tomorrow's record "
            "of the same code is another. `hashlib.sha256` isn't salted.",
        )
    second = _record(answer)
    if second != first:
        return wrong(
            "not-stable",
            "Two records of the very same training differ. A record holds what the training was "
            "made from, and no moment, random number or address.",
        )
    return _changes(answer, first)


def _changes(answer: Answer, first: dict[str, Any]) -> Verdict | None:
    table = _flights()
    for changed, message_id, message in _tables(table):
        if _record(answer, table=changed)["data"] == first["data"]:
            return wrong(message_id, f"{message} `data` stayed the same.")
    other_index = table.set_index(table.index + 7)
    if _record(answer, table=other_index)["data"] != first["data"]:
        return wrong(
            "index-counts",
            "Only the index changed, and your digest did. A table that was read again or filtered "
            "has another index and the same data.",
        )
    for other, message_id, what in CHANGED_CODE:
        if _record(answer, code=other)["code"] == first["code"]:
            return wrong(message_id, f"{what}, and `code` stayed the same.")
    if not _same(_record(answer, seed=7)["seed"], 7):
        return wrong("seed-not-kept", "The seed was 7, and `seed` isn't.")
    return None


def _tables(table: Any) -> list[tuple[Any, str, str]]:
    def put(row: int, column: str, value: Any) -> Any:
        other = table.copy()
        other.loc[row, column] = value
        return other

    swapped = table.iloc[[1, 0, *range(2, ROWS)]].reset_index(drop=True)
    return [
        (
            put(ROWS // 2, "delay", 0.5),
            "looks-at-ends",
            "One delay in the middle of 2,000 rows changed. Whatever prints or describes a table "
            "shows its ends, or a summary.",
        ),
        (put(5, "is_late", True), "labels-unseen", "A label changed from `False` to `True`."),
        (put(3, "dest", "SFO"), "texts-unseen", "A destination changed from `LAX` to `SFO`."),
        (put(8, "delay", 0.0), "missing-is-zero", "A missing delay became 0 minutes."),
        (
            swapped,
            "order-unseen",
            "Two rows changed places. A draw of rows with a seed gives other rows then.",
        ),
        (
            table.rename(columns={"delay": "arrival_delay"}),
            "names-unseen",
            "A column got another name, and the values are the same. The model reads it by name.",
        ),
        (
            table.astype({"dest": "category"}),
            "types-unseen",
            "A column of texts became categories, which many estimators treat differently.",
        ),
    ]


def _flights() -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            "dest": ["ATL", "ORD", "BOS", "LAX"] * (ROWS // 4),
            "delay": [float(n % 90) if n % 40 != 8 else None for n in range(ROWS)],
            "distance": [300 + n % 700 for n in range(ROWS)],
            "is_late": [n % 6 == 0 for n in range(ROWS)],
        }
    )


def _record(answer: Answer, table: Any = None, code: str = CODE, seed: int = 0) -> dict[str, Any]:
    """Return a record as it comes back from JSON, or stop with what is wrong with it."""
    flights = _flights() if table is None else table
    given = answer.call(flights, code, seed, PARAMETERS, VERSIONS, returns=mapping)
    if any(value is ... for value in given.values()):
        raise Stop(NOT_ATTEMPTED)
    missing = [name for name in KEYS if name not in given]
    if missing:
        raise Stop(wrong("lacks-ingredient", f"The record has no `{missing[0]}`."))
    try:
        return json.loads(json.dumps(given))
    except (TypeError, ValueError) as error:
        raise Stop(
            wrong(
                "not-json",
                f"JSON can't hold the record ({error}). Texts, numbers, `None`, `True` and "
                "`False`, lists and dictionaries are what it holds.",
            )
        ) from None


def _same(found: Any, given: Any) -> bool:
    # Python holds 0 equal to False and 1.0 equal to 1; a record must not.
    return json.dumps(found, sort_keys=True) == json.dumps(given, sort_keys=True)


def _short(value: Any) -> str:
    shown = repr(value)
    return f"`{shown if len(shown) <= 60 else shown[:60] + '…'}`"


# --- 10.2 The best run that may be used ----------------------------------------------------------

Run = tuple[str, str, str | None, float | None, float | None]
USUAL: list[Run] = [
    ("quick", "FINISHED", "3000", 560.0, 30.0),
    ("search", "FINISHED", None, None, None),
    ("good", "FINISHED", "12000", 590.0, 80.0),
    ("dear", "FINISHED", "12000", 640.0, 20.0),
]
QUERIES: list[tuple[list[Run], str | None, str, str]] = [
    (
        [("good", "FINISHED", "12000", 590.0, 80.0), ("dear", "FINISHED", "12000", 640.0, 20.0)],
        "good",
        "dearest",
        "Of two runs that fit, the one that costs 590 is better than the one that costs 640.",
    ),
    (
        [*USUAL[2:], ("large", "FINISHED", "12000", 500.0, 100.1)],
        "good",
        "ignores-size",
        "The cheapest run has a model of 100.1 kB, and 100 are allowed.",
    ),
    (
        [*USUAL[2:], ("fits", "FINISHED", "12000", 550.0, 100.0)],
        "fits",
        "limit-excluded",
        "A model of exactly 100 kB is allowed, and yours passes it over.",
    ),
    (
        [*USUAL[2:], ("few", "FINISHED", "3000", 560.0, 30.0)],
        "good",
        "compares-texts",
        "The run on 3,000 rows was a quick try. MLflow returns parameters as texts, and as texts "
        '`"3000"` comes after `"12000"`: make numbers of them first.',
    ),
    (
        [*USUAL[2:], ("many", "FINISHED", "100000", 570.0, 60.0)],
        "many",
        "wants-the-same-rows",
        "A run on 100,000 rows has at least the 12,000 that are wanted.",
    ),
    (
        USUAL,
        "good",
        "trips-over-parent",
        "In this table the parent of the search is a run too: it has no rows and no cost.",
    ),
    (
        [*USUAL, ("broken", "FAILED", "12000", 100.0, 10.0)],
        "good",
        "takes-failed",
        "A run that failed had logged a cost before it broke off. Nobody knows what it measured: "
        "only `FINISHED` runs count.",
    ),
    (
        [
            *USUAL,
            ("stopped", "KILLED", "12000", 100.0, 10.0),
            ("going on", "RUNNING", "12000", 110.0, 10.0),
        ],
        "good",
        "takes-unfinished",
        "One run was killed and another is still running. What they logged isn't the cost of a "
        "finished training: only `FINISHED` runs count.",
    ),
    (
        [*USUAL, ("nothing", "FINISHED", "12000", None, 10.0)],
        "good",
        "takes-missing",
        "A finished run without a cost can't be the best one.",
    ),
    (
        [*USUAL, ("smaller", "FINISHED", "12000", 590.0, 79.0)],
        "smaller",
        "tie",
        "Two runs cost 590. Of equally good models the smaller one is wanted.",
    ),
    (
        [("few", "FINISHED", "3000", 560.0, 30.0)],
        None,
        "anything-then",
        "No run fits here, and the answer is `None`: a run that breaks the rules isn't the best.",
    ),
    ([], None, "empty", "A store without runs has no best run: return `None`."),
]


def check_best_run(answer: Answer) -> Verdict | None:
    """Try stores in which one rule decides."""
    for rows, expected, message_id, message in QUERIES:
        found = answer.call(_runs(rows), 100, 12_000, returns=_id_or_none)
        if found != expected:
            return wrong(message_id, f"{message} You return {_short(found)}.")
    return None


def _runs(rows: list[Run]) -> Any:
    import pandas as pd

    columns = ["run_id", "status", "params.rows", "metrics.cost", "metrics.size_kb"]
    # A filter leaves gaps in the index, and a position is no label.
    index = range(10, 10 * len(rows) + 10, 10)
    table = pd.DataFrame(rows, columns=columns, index=index)
    return table.astype({"metrics.cost": float, "metrics.size_kb": float})


def _id_or_none(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Mismatch("the `run_id` of one run, a text, or `None`")


# --- 10.3 Which can't be told from the best? -----------------------------------------------------

DAYS, A_DAY = 40, 15


def check_contenders(answer: Answer) -> Verdict | None:
    """Try runs that are worse by a little on every day, or by luck on some days."""
    costs, days = _costs()
    table = {
        "worse each day": costs["best"] + 0.06,
        "best": costs["best"],
        "far worse": costs["best"] + 3.0,
    }
    found = _name(answer, table, days)
    if "best" not in found:
        return wrong(
            "without-the-best",
            "The best run can't be told from itself, so it belongs to the list. Low cost is good.",
        )
    if "far worse" in found:
        return wrong(
            "keeps-all",
            "One run costs 3 more on every flight than the best. You still list it.",
        )
    if "worse each day" in found:
        return wrong(
            "separate-intervals",
            "One run costs 0.06 more than the best on every flight. Its own interval overlaps with "
            "the best one's, because both share the storms; the interval of the **difference** of "
            "the two doesn't reach 0.",
        )
    table = {"best": costs["best"], "by luck": costs["lucky"], "twin": costs["best"]}
    found = _name(answer, table, days)
    if "twin" not in found:
        return wrong(
            "only-the-best",
            "A run that cost the same on every flight is missing: nobody can tell it from the "
            "best.",
        )
    if "by luck" not in found:
        return wrong(
            "flights-alone",
            "One run is worse on some days and better on others, and its difference over days "
            "includes 0. You rule it out. Flights of one day share its weather: draw days whole, "
            "by `days`, and ask whether the interval reaches 0.",
        )
    only = _name(answer, {"best": costs["best"]}, days)
    if only != ["best"]:
        return wrong("single", "Where there is one run, it is the list.")
    return None


def _costs() -> tuple[dict[str, Any], Any]:
    import numpy as np

    rng = np.random.default_rng(3)
    days = np.repeat(np.arange(DAYS), A_DAY)
    best = np.repeat(rng.gamma(1.0, 1.0, DAYS), A_DAY) + rng.gamma(0.5, 0.5, len(days))
    moods = rng.normal(0.0, 0.4, DAYS)
    lucky = best + np.repeat(moods - moods.mean() + 0.06, A_DAY)
    return {"best": best, "lucky": lucky}, days


def _name(answer: Answer, table: dict[str, Any], days: Any) -> list[str]:
    import pandas as pd

    found = answer.call(pd.DataFrame(table), pd.Series(days), returns=names)
    unknown = [name for name in found if name not in table]
    if unknown:
        raise Mismatch("a list of names of columns")
    return found


# --- 10.4 Same parameters, another result --------------------------------------------------------

Pair = tuple[dict[str, Any], dict[str, Any], dict[str, list[str]], str, str]
PAIRS: list[Pair] = [
    (
        {"data": "6f1c", "rows": "12000"},
        {"data": "a90b", "rows": "12000"},
        {"differ": ["data"], "unknown": []},
        "overlooks-difference",
        "`data` is `6f1c` in one run and `a90b` in the other; nothing else differs.",
    ),
    (
        {"rows": "12000", "trees": 20},
        {"rows": 12000, "trees": "20"},
        {"differ": [], "unknown": []},
        "text-or-number",
        'MLflow returns `"12000"` where somebody logged `12000`. That is no difference.',
    ),
    (
        {"rows": 500, "code": "17aa"},
        {"rows": 500},
        {"differ": [], "unknown": ["code"]},
        "missing-in-second",
        "Only the first run has its `code`. Whether it was the same nobody can say: `unknown`.",
    ),
    (
        {"rows": 500},
        {"rows": 500, "code": "17aa"},
        {"differ": [], "unknown": ["code"]},
        "missing-in-first",
        "Only the second run has its `code`: `unknown`. Look through the names of both.",
    ),
    (
        {"max_depth": None},
        {"max_depth": None},
        {"differ": [], "unknown": []},
        "none-is-missing",
        "`None` is a value: here it says that the depth has no limit, in both runs. What isn't "
        "known isn't among the names.",
    ),
    (
        {"max_depth": None, "max_leaf_nodes": 7},
        {"max_depth": "3", "max_leaf_nodes": None},
        {"differ": ["max_depth", "max_leaf_nodes"], "unknown": []},
        "none-is-missing",
        "No limit (`None`) is another depth than 3. Both are known, so they differ.",
    ),
    (
        {"max_depth": None},
        {"max_depth": "None"},
        {"differ": [], "unknown": []},
        "none-from-the-store",
        'MLflow returns the text `"None"` where somebody logged `None`. Compared as texts they '
        "are the same.",
    ),
    (
        {"max_depth": None},
        {"max_leaf_nodes": None},
        {"differ": [], "unknown": ["max_depth", "max_leaf_nodes"]},
        "none-for-missing",
        "Each run has one name with the value `None` and lacks the other's. `get` returns `None` "
        "for a missing name too: ask whether the name is `in` the record.",
    ),
    (
        {"seed": 0, "early_stopping": False, "note": ""},
        {"seed": 0, "early_stopping": False, "note": ""},
        {"differ": [], "unknown": []},
        "zero-is-missing",
        "A seed of 0, `False` and an empty text are values like any other, and here both runs "
        "have the same. Ask for names, not for what counts as false.",
    ),
    (
        {"note": "", "seed": 0},
        {"note": "x", "seed": 1},
        {"differ": ["note", "seed"], "unknown": []},
        "zero-is-missing",
        "The seeds 0 and 1 differ, and so do an empty text and `x`. All four are known.",
    ),
    (
        {"seed": 1, "rows": 5, "data": "a", "zone": "UTC"},
        {"rows": 6, "data": "b", "seed": 2, "code": "c"},
        {"differ": ["data", "rows", "seed"], "unknown": ["code", "zone"]},
        "overlooks-difference",
        "Three ingredients differ here, and each run has one that the other lacks.",
    ),
]
UNSORTED = "Both lists are to be sorted by name, so that two people get the same answer."


def check_compare(answer: Answer) -> Verdict | None:
    """Try pairs of records in which one thing differs, or one isn't known."""
    for first, second, expected, message_id, message in PAIRS:
        given = answer.call(first, second, returns=mapping)
        if any(value is ... for value in given.values()):
            return NOT_ATTEMPTED
        if set(given) != {"differ", "unknown"}:
            raise Mismatch("a dictionary with the keys `differ` and `unknown`")
        try:
            found = {name: names(value) for name, value in given.items()}
        except Mismatch:
            raise Mismatch("a dictionary whose two values are lists of names") from None
        if found != expected:
            if any(len(set(each)) != len(each) for each in found.values()):
                return wrong("twice", f"Name each ingredient once; you return {_short(found)}.")
            if {name: sorted(each) for name, each in found.items()} == expected:
                return wrong("unsorted", f"{UNSORTED} You return {_short(found)}.")
            return wrong(message_id, f"{message} You return {_short(found)}.")
    return None


# --- 10.5 What does the record leave open? -------------------------------------------------------

OPEN = ("data", "seed", "environment", "score")
COMPLETE: dict[str, Any] = {
    "params": {"max_iter": "20", "max_depth": "None", "random_state": "0"},
    "metrics": {"training_auc": 0.9, "cost": 590.0},
    "datasets": [{"digest": "1f" * 16}],
    "artifacts": ["roc.png", "requirements.txt"],
}
RECORDS: list[tuple[dict[str, Any], set[str], str, str]] = [
    (
        {},
        set(),
        "objects-to-complete",
        "This run leaves nothing open: it has a digest of 32 characters, a seed (0 is one), a list "
        "of packages, and a cost on other flights.",
    ),
    (
        {"metrics": {"training_auc": 0.94, "training_log_loss": 0.3}},
        {"score"},
        "training-score-counts",
        "All metrics of this run begin with `training_`: they were measured on the flights that "
        "the model learned from. Who asks how good it is gets no answer.",
    ),
    (
        {"metrics": {"training_auc": 0.94, "cost_of_retraining": 12.0}},
        set(),
        "name-contains-training",
        "The metric `cost_of_retraining` contains `training`, and doesn't begin with `training_`.",
    ),
    (
        {"params": {"max_iter": "20", "random_state": "None"}},
        {"seed"},
        "none-as-text",
        'The parameter `random_state` is the text `"None"`, as MLflow writes it: the training '
        "drew a new seed, and nobody knows which.",
    ),
    (
        {"params": {"max_iter": "20", "seed": "7"}},
        set(),
        "other-name-of-seed",
        "A parameter named `seed` is a seed too.",
    ),
    (
        {"params": {"random_state": "None", "seed": "7"}},
        set(),
        "one-seed-is-enough",
        'Here `random_state` is `"None"`, and `seed` is 7. One of the two is enough.',
    ),
    ({"params": {"max_iter": "20"}}, {"seed"}, "no-seed", "No parameter of this run is a seed."),
    ({"datasets": []}, {"data"}, "no-dataset", "This run names no dataset."),
    (
        {"datasets": [{"digest": ""}]},
        {"data"},
        "name-is-no-digest",
        "The dataset has no digest, so nothing tells which data it was.",
    ),
    (
        {"datasets": [{"digest": "3375322e"}]},
        {"data"},
        "short-digest",
        "A digest of 8 characters is MLflow's own, which overlooks labels and late rows.",
    ),
    (
        {"datasets": [{"digest": ""}, {"digest": "3375322e"}, {"digest": "2e" * 32}]},
        set(),
        "first-dataset-only",
        "The third dataset of this run has a digest of more than 8 characters; one is enough.",
    ),
    (
        {"artifacts": ["roc.png", "environment.png"]},
        {"environment"},
        "any-file",
        "Of the files here none lists packages: an image doesn't.",
    ),
    (
        {"artifacts": ["roc.png", "model/requirements.txt"]},
        set(),
        "file-in-a-folder",
        "`model/requirements.txt` lists the packages. It lies in a folder.",
    ),
    (
        {"artifacts": ["model/old-requirements.txt", "requirements.txt.png"]},
        {"environment"},
        "other-file-name",
        "No file here is named `requirements.txt`: one is `old-requirements.txt`, and one is an "
        "image.",
    ),
    (
        {"params": {}, "metrics": {}, "datasets": [], "artifacts": []},
        set(OPEN),
        "empty",
        "A run in which nothing was logged leaves all four open.",
    ),
]


def check_gaps(answer: Answer) -> Verdict | None:
    """Try runs that lack one thing each, at the edges of the rules."""
    for change, expected, message_id, message in RECORDS:
        found = answer.call(COMPLETE | change, returns=names)
        unknown = sorted(set(found) - set(OPEN))
        if unknown:
            return wrong("unknown-name", f"`{unknown[0]}` is none of the four: {', '.join(OPEN)}.")
        if set(found) != expected:
            return wrong(message_id, f"{message} You return {_short(found)}.")
    return None


EXERCISES = (
    Exercise(
        id="10.1",
        title="A record that another can train from",
        check=check_record,
        hints=(
            "Three of the five go in as they are. For the other two, ask what may change without "
            "anybody noticing: every cell, every name, every type.",
            "`pandas.util.hash_pandas_object(table, index=False)` gives one number for each row, "
            "in order. What does it not look at?",
            "`hashlib.sha256` takes bytes, and `update` adds more: `.tobytes()` of an array, "
            "`.encode()` of a text. `table.dtypes` has names and types.",
        ),
        why=(
            "`data` has to see every value in order, and the names and types of the columns as "
            "well; row hashes know no names, and a CSV no types. A printed table or its "
            "description would have been shorter, and blind for most of the rows. Seed, parameters "
            "and versions stay plain values: whoever trains again needs them, not their hash."
        ),
    ),
    Exercise(
        id="10.2",
        title="The best run that may be used",
        check=check_best_run,
        hints=(
            "Make one mask for each condition, and join them with `&`.",
            "`pandas.to_numeric` makes numbers of texts, and `NaN` of what is missing; a "
            "comparison with `NaN` is false.",
            "Sort what is left by cost, then by size, and take the first, if there is a first.",
        ),
        why=(
            "Conditions first, then the best of what is left: a run that failed, that has no cost "
            "or that breaks a limit must not compete. Parameters come back as texts and have to "
            "become numbers before they are compared. And where nothing fits, the answer is that "
            "nothing fits."
        ),
    ),
    Exercise(
        id="10.3",
        title="Which can't be told from the best?",
        check=check_contenders,
        hints=(
            "`costs.mean()` has the mean of each run, and a low one is good.",
            "Compare each run with the best flight by flight: what is the interval of the "
            "difference? Give `bootstrap_interval` the days as well.",
            "A run is out if even the lower end of its difference to the best is above 0.",
        ),
        why=(
            "Both models meet the same storms, so the storms drop out of the difference, and its "
            "interval is far narrower than those of the two costs. Days are drawn whole, because "
            "flights of one day share its weather. A run stays in the list as long as the interval "
            "reaches 0."
        ),
    ),
    Exercise(
        id="10.4",
        title="Same parameters, another result",
        check=check_compare,
        hints=(
            "Go through the names of both records, not of one.",
            "First sort out the names that one of the two lacks. Compare only the rest.",
            "`str(value)` is the same for `12000` and its text.",
        ),
        why=(
            "What both runs recorded can be compared, as texts, because that is what a store "
            "returns. `None` is such a value; a name that is missing is none. What one of them "
            "didn't record can't be ruled out, so it is named and not passed over."
        ),
    ),
    Exercise(
        id="10.5",
        title="What does the record leave open?",
        check=check_gaps,
        hints=(
            "One condition for each of the four names; the list collects those that fail.",
            "`any(... for each in ...)` asks whether one of several will do: one dataset, one "
            "file, one metric.",
            '`path.split("/")[-1]` is the name of a file without its folders. '
            '`params.get(name, "None")` treats a missing seed like one that was drawn.',
        ),
        why=(
            "Each condition asks for evidence and not for the presence of a field: a seed that is "
            'the text `"None"` is none, a score on the training flights answers another question, '
            "and a digest that overlooks labels doesn't say which table it was."
        ),
    ),
)
