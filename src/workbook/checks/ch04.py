"""The exercises of chapter 04: where gates stand, flaky steps, judging a model, going back."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    kind_of,
    mapping,
    names,
    text,
    truth,
    wrong,
)

# --- 4.1 Where do the gates stand? ---------------------------------------------------------------

STEPS = ("lint", "unit", "contract", "train", "quality", "package", "release")
CHECKS = ("lint", "unit", "contract", "quality")


def check_needs(answer: Answer) -> Verdict | None:
    """Dry-run the pipeline with each step failing in turn."""
    from flightline.ci import PipelineError, dry_run

    given = answer.value(mapping)
    if any(needed is ... for needed in given.values()):
        return NOT_ATTEMPTED
    needs: dict[str, list[str]] = {}
    for step, needed in given.items():
        try:
            needs[str(step)] = names(needed)
        except Mismatch:
            return wrong(
                "no-list",
                f"`{step}` has {kind_of(needed)} where a list of steps belongs, as in "
                f'`"{step}": ["train"]`; an empty list if it needs none.',
            )
    missing = [step for step in STEPS if step not in needs]
    if missing:
        return wrong(
            "step-missing",
            f"`{missing[0]}` has disappeared from the pipeline. Keep all seven steps; move them by "
            "changing what they need.",
        )
    try:
        dry_run(needs, ())
    except PipelineError as error:
        return wrong("no-order", f"These steps can't be put in an order. {error}")
    if dry_run(needs, ["release"])["quality"] == "skipped":
        return wrong(
            "gate-after-release",
            "The quality gate waits for the release. When it says no, the users have the model "
            "already.",
        )
    for check in CHECKS:
        if dry_run(needs, [check])["release"] == "passed":
            return wrong(
                "gate-beside",
                f"When `{check}` fails, the release goes out all the same: no step on the way to "
                f"`release` needs `{check}`. A gate that nothing needs is a report.",
            )
    if dry_run(needs, ["train"])["quality"] == "passed":
        return wrong(
            "judges-nothing",
            "`quality` doesn't wait for `train`. It would judge a model that isn't there, or "
            "yesterday's.",
        )
    if dry_run(needs, ["package"])["release"] == "passed":
        return wrong(
            "releases-nothing",
            "`release` doesn't wait for `package`, so that there may be nothing to release.",
        )
    if dry_run(needs, ["train"])["package"] == "passed":
        return wrong(
            "packages-nothing",
            "`package` doesn't wait for `train`: it would pack no model, or an old one.",
        )
    if dry_run(needs, ["contract"])["train"] != "skipped":
        return wrong(
            "trains-on-bad-data",
            "When `contract` fails, `train` runs all the same: 40 minutes on data that break their "
            "promise. A gate stands before what it protects.",
        )
    untested = [step for step in ("lint", "unit") if dry_run(needs, [step])["train"] != "skipped"]
    if untested:
        return wrong(
            "trains-untested-code",
            f"When `{untested[0]}` fails, `train` runs all the same. The cheap checks come first, "
            "so that a slip costs a minute and not the training.",
        )
    return None


# --- 4.2 The same days every time ----------------------------------------------------------------


def check_training_days(answer: Answer) -> Verdict | None:
    """Try repeated calls, other orders, other numbers of flights a day, and too few days."""
    import random

    days = [f"2013-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 29)]
    rows = [day for day in days for _ in range(1 + int(day[-2:]) % 3)]
    random.Random(4).shuffle(rows)
    chosen = answer.call(rows, 20, 0, returns=names)
    if set(chosen) - set(days):
        return wrong(
            "invents-days", f"{sorted(set(chosen) - set(days))[0]!r} isn't one of the days."
        )
    if len(chosen) == 20 and len(set(chosen)) < 20:
        return wrong(
            "counts-flights",
            "The same day comes up twice. There is a text for each flight; draw from the days.",
        )
    if len(chosen) != 20:
        return wrong("other-number", f"20 days were asked for, and {len(chosen)} came back.")
    if set(answer.call(rows, 20, 0, returns=names)) != set(chosen):
        return wrong(
            "not-seeded",
            "Two calls with the same seed give different days. The draw takes its randomness from "
            "somewhere else than `seed`.",
        )
    if set(chosen) == set(list(set(rows))[:20]):
        return wrong(
            "set-order",
            "These are the first days of a set. Its order comes from the hashes of the texts, "
            "which another process computes otherwise: there, the same call gives other days.",
        )
    # Of one process only what it gives can be seen, so the usual keys are tried.
    for key in (hash, lambda day: hash((0, day)), lambda day: hash((day, 0))):
        ordered = sorted(days, key=key)
        if set(chosen) in (set(ordered[:20]), set(ordered[-20:])):
            return wrong(
                "hash-order",
                "These days come first if the days are put in the order of their hashes. Another "
                "process computes other hashes of texts: there, the same call gives other days.",
            )
    for other in (sorted(rows), sorted(rows, reverse=True), rows[50:] + rows[:50]):
        if set(answer.call(other, 20, 0, returns=names)) != set(chosen):
            return wrong(
                "order-dependent",
                "The same flights in another order give other days. Neither the order of rows nor "
                "that of a set is a promise; bring the days into an order of your own first.",
            )
    if set(answer.call(days, 20, 0, returns=names)) != set(chosen):
        return wrong(
            "weighs-flights",
            "The same days with other numbers of flights give another sample: a late file would "
            "change it. Let each day count once.",
        )
    seeds = [frozenset(answer.call(rows, 20, seed, returns=names)) for seed in (1, 2, 3)]
    if {frozenset(chosen), *seeds} == {frozenset(chosen)}:
        return wrong(
            "ignores-seed",
            "Every seed gives the same days. Then nobody can ask whether the result depends on the "
            "days that happened to be drawn.",
        )
    few = answer.call(["2013-01-02", "2013-01-01", "2013-01-02"], 20, 0, returns=names)
    if sorted(few) != ["2013-01-01", "2013-01-02"]:
        return wrong(
            "too-few-days", f"Of two days, 20 can't be drawn: return both. Yours gives {few}."
        )
    return None


# --- 4.3 A gate for models -----------------------------------------------------------------------

ACTIONS = ("promote", "keep", "wait")


def check_quality_gate(answer: Answer) -> Verdict | None:
    """Try tables in which one rule decides, each rule in turn."""
    for case, expected, message_id, message in _cases():
        action = answer.call(case, returns=text)
        if action not in ACTIONS:
            return wrong(
                "unknown-action",
                f'{action!r} is none of `"promote"`, `"keep"` and `"wait"`.',
            )
        if action != expected:
            return wrong(message_id, message)
    return None


def _cases() -> list[tuple[Any, str, str, str]]:
    import numpy as np

    rng = np.random.default_rng(7)
    n, at_jfk = 1_500, origins(1_500) == "JFK"
    narrow, wide = centred(rng.normal(0, 0.01, n)), centred(rng.uniform(-0.15, 0.15, n))
    by_day = centred(rng.normal(0, 0.03, 60))[np.arange(n) % 60]
    clear = narrow - 0.06
    quiet = np.arange(n) % 50 >= 45
    unanswered = without_answers(scored(clear), "test")
    untrained = without_answers(scored(clear), "train")
    few_unanswered = without_answers(scored(clear[:900], train=clear), "test")
    return [
        (
            scored(narrow + 0.01),
            "keep",
            "wrong-sign",
            "You promote a challenger that is clearly worse. Of errors the smaller one is better: "
            "challenger minus champion is negative where the challenger wins.",
        ),
        (
            scored(clear),
            "promote",
            "never-promotes",
            "The challenger is better by 0.06 on every day and from every airport, on 1,500 test "
            "flights. A gate that says no to this one lets nothing through.",
        ),
        (
            scored(narrow + 0.003, train=clear),
            "keep",
            "judges-on-training",
            "This challenger is better on flights that it was trained on, and worse on the others. "
            "Only rows whose `part` is `test` say anything about tomorrow.",
        ),
        (
            scored(narrow - 0.006),
            "promote",
            "unpaired",
            "Both models are judged on the same flights, and nearly every flight is a little "
            "better with the challenger. Take the difference flight by flight and then its "
            "interval; two separate intervals overlap because flights differ, not models.",
        ),
        (
            scored(wide - 0.003),
            "keep",
            "point-estimate",
            "The mean is better here, and the interval reaches over zero: the next 1,500 flights "
            "may say the opposite. The whole interval has to lie below minus the margin.",
        ),
        (
            scored(by_day - 0.005),
            "keep",
            "flights-not-days",
            "In this table good and bad days differ, and your interval treats flights of one day "
            "as independent. It is much too narrow: draw whole days.",
        ),
        (
            scored(narrow / 5 - 0.0005),
            "keep",
            "ignores-margin",
            "Better by 0.0005 is certain here, and less than the margin of 0.001. A release has "
            "its own cost; a gain that nobody notices doesn't pay for it.",
        ),
        (
            scored(narrow - 0.03 + 0.05 * at_jfk),
            "keep",
            "ignores-slices",
            "Better on average, and worse by 0.02 for every flight from JFK. Look at each origin "
            "by itself.",
        ),
        (
            scored(narrow - 0.03 + 0.05 * at_jfk, train=clear),
            "keep",
            "slices-on-training",
            "For every test flight from JFK this one is worse by 0.02, and much better for those "
            "that it was trained on. The slices, too, are judged on rows whose `part` is `test`.",
        ),
        (
            scored(narrow / 5 + 0.006 - 0.066 * quiet, busy=True),
            "keep",
            "days-not-flights",
            "Thirty busy days are worse here and thirty quiet ones better; over all flights the "
            "mean is -0.0006. Your number counts a day of 5 flights as much as one of 45: draw "
            "whole days, and take the mean of all flights in them.",
        ),
        (
            scored(narrow - 0.02 + 0.022 * at_jfk),
            "promote",
            "slice-too-strict",
            "JFK is worse by 0.002, within the slack of 0.005, and everything else is much better. "
            "Demanding a gain in every slice lets hardly any model through.",
        ),
        (
            scored(clear[:900], train=clear),
            "wait",
            "too-little-data",
            "There are 900 test flights here (and 1,500 for training), where 1,000 are needed: the "
            'answer is `"wait"`, however good it looks. Count the rows that you judge on.',
        ),
        (
            scored(clear[:1_000]),
            "promote",
            "enough-is-enough",
            "1,000 test flights are enough: fewer than `MIN_FLIGHTS` means wait.",
        ),
        (
            untrained,
            "promote",
            "nan-in-training",
            "The challenger has no probability for 30 flights of the training part, and one for "
            "every test flight. Only the test flights are judged.",
        ),
        (
            few_unanswered,
            "wait",
            "nan-before-minimum",
            "There are 900 test flights here, and for 30 of them the challenger gives no "
            'probability. The first rule that applies decides, and too few flights means `"wait"`.',
        ),
        (
            unanswered,
            "keep",
            "nan-passes",
            "The challenger has no probability for 30 test flights. A mean that leaves them out, "
            "or a comparison with `nan`, hides that; in operation these flights get no warning.",
        ),
    ]


def scored(difference: Any, train: Any = None, busy: bool = False) -> Any:
    """Return a table whose test flights have these differences in squared error.

    Each of its days has as many flights; if `busy`, every other one has nine times as many.
    """
    import numpy as np
    import pandas as pd

    train = difference if train is None else train
    rng = np.random.default_rng(11)
    parts = []
    for part, month, wanted in (("train", 4, train), ("test", 7, difference)):
        rows = np.arange(len(wanted))
        late = rng.random(len(wanted)) < 0.25
        error = rng.uniform(0.2, 0.7, len(wanted))
        probabilities = {
            name: np.where(late, 1 - np.sqrt(e), np.sqrt(e))
            for name, e in (("champion", error), ("challenger", error + wanted))
        }
        which = rows // 50 * 2 + (rows % 50 >= 45) if busy else rows % 60
        day = [f"2013-{month + number // 30:02}-{number % 30 + 1:02}" for number in which]
        fixed = {"part": part, "day": day, "origin": origins(len(wanted))}
        fixed["is_late"] = late.astype(int)
        parts.append(pd.DataFrame({**fixed, **probabilities}))
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=3)


def without_answers(table: Any, part: str) -> Any:
    """Return the table without the challenger's probability for 30 flights of a part."""
    rows = table.index[table["part"] == part]
    table.loc[rows[:30], "challenger"] = float("nan")
    return table


def origins(n: int) -> Any:
    """Return the origins of n flights: each day has flights from all three."""
    import numpy as np

    return np.array(["EWR", "JFK", "LGA"])[np.arange(n) // 60 % 3]


def centred(values: Any) -> Any:
    """Return the values with their mean taken away."""
    return values - values.mean()


# --- 4.4 Back to which release? ------------------------------------------------------------------


def moves(*events: tuple[str, int]) -> list[dict[str, Any]]:
    """Return a history of releases."""
    return [{"event": event, "to": number} for event, number in events]


def check_rollback_target(answer: Answer) -> Verdict | None:
    """Try gaps, a second rollback, a release after a rollback, and nothing to go back to."""
    plain = moves(("release", 1), ("release", 2), ("release", 3))
    target = answer.call(plain, returns=_release)
    if target == 3:
        return wrong(
            "stays", "Release 3 is the one that serves, and it is the one you want to leave."
        )
    if target != 2:
        return wrong("other-release", f"After releases 1, 2 and 3 the answer is 2, not {target}.")
    target = answer.call(moves(("release", 1), ("release", 2), ("release", 5)), returns=_release)
    if target != 2:
        return wrong(
            "counts-numbers",
            f"You go back to release {target}, which never served: here 3 and 4 were stopped at "
            "the gate. Go by what happened and not by the numbers.",
        )
    target = answer.call(
        moves(("release", 1), ("release", 3), ("release", 2), ("release", 4)), returns=_release
    )
    if target == 3:
        return wrong(
            "highest-number",
            "Releases 1, 3, 2 and 4 served in this order. You go back to 3, the highest number, "
            "and 2 served after it. Go by what happened and not by the numbers.",
        )
    if target != 2:
        return wrong(
            "not-the-last", f"Releases 1, 3, 2 and 4 served in this order: back to 2, not {target}."
        )
    again = moves(("release", 1), ("release", 2), ("rollback", 1), ("release", 3))
    target = answer.call(again, returns=_release)
    if target == 2:
        return wrong(
            "back-to-the-bad",
            "You go back to release 2, and 2 had been rolled back from: it is known to be bad.",
        )
    if target != 1:
        return wrong(
            "after-a-rollback", f"Release 2 was taken back, so 3 goes back to 1, not to {target}."
        )
    twice = moves(("release", 1), ("release", 2), ("release", 3), ("rollback", 2))
    target = answer.call(twice, returns=_release)
    if target == 3:
        return wrong(
            "flips-back",
            "After the rollback from 3 to 2 you go back to 3, the release that was just taken "
            "down. The second rollback has to go further.",
        )
    if target != 1:
        return wrong(
            "second-rollback", f"After the rollback from 3 to 2 the next is 1, not {target}."
        )
    stained = [*again[:3], *moves(("release", 2), ("release", 3))]
    target = answer.call(stained, returns=_release)
    if target == 2:
        return wrong(
            "forgives",
            "You go back to release 2. It was rolled back from once and released again, and it is "
            "the same release: it stays bad.",
        )
    if target != 1:
        return wrong(
            "after-a-second-try",
            f"Release 2 was rolled back from, so 3 goes back to 1, not to {target}.",
        )
    repeated = moves(("release", 1), ("release", 2), ("release", 2))
    target = answer.call(repeated, returns=_release)
    if target != 1:
        return wrong(
            "same-again",
            "Release 2 was deployed twice, which is harmless. Going back to 2 from 2 changes "
            f"nothing, and your answer is {target}.",
        )
    for history in (moves(("release", 1)), moves(("release", 1), ("release", 2), ("rollback", 1))):
        target = answer.call(history, returns=_release)
        if target is not None:
            return wrong(
                "nowhere-to-go",
                f"Here no good release is left to go back to, and you answer {target}. Return "
                "`None`, so that a person is called.",
            )
    return None


def _release(value: Any) -> int | None:
    if hasattr(value, "item"):
        value = value.item()
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise Mismatch("a release's number or `None`")
    return value


# --- 4.5 Delivery or deployment? -----------------------------------------------------------------

#: A bad change does 100 of harm; a person who waits costs 10 and keeps 80 of it away.
RISKY = {
    "chance_bad": 0.1,
    "hours_to_undo": 10.0,
    "cost_per_hour": 100.0,
    "person_catches": 0.8,
    "hours_waiting": 5.0,
    "value_per_hour": 2.0,
}


def check_needs_a_person(answer: Answer) -> Verdict | None:
    """Change one number at a time."""
    if not answer.call(RISKY, returns=truth):
        return wrong(
            "worth-the-wait",
            "A change with an expected harm of 0.1 × 10 × 100 = 100, of which a person catches 80, "
            "for a wait that costs 10: a person is worth it, so the answer is `True`.",
        )
    for changed, message_id, message in DEPLOYED:
        if answer.call(RISKY | changed, returns=truth):
            return wrong(message_id, message)
    for_good = {"hours_to_undo": None}
    if not answer.call(RISKY | for_good, returns=truth) or not answer.call(
        RISKY | for_good | {"hours_waiting": 500.0}, returns=truth
    ):
        return wrong(
            "cannot-be-undone",
            "`hours_to_undo` is `None`: this change can't be taken back, so a person decides, "
            "whatever the wait costs.",
        )
    if answer.call(RISKY | {"hours_to_undo": 0.0}, returns=truth):
        return wrong(
            "zero-is-none",
            "`hours_to_undo` is 0 here: undone at once, so that there is no harm to avoid. Only "
            "`None` says that a change can't be undone; ask for `None` itself.",
        )
    return None


# Each one is decided by the number that it changes, and by no other mistake of this list.
DEPLOYED = (
    (
        {"hours_waiting": 500.0, "value_per_hour": 10.0},
        "ignores-waiting",
        "The wait costs 500 × 10 = 5,000 here, and the whole harm is 100. A change that waits "
        "earns nothing.",
    ),
    (
        {"chance_bad": 0.9, "cost_per_hour": 1000.0, "hours_to_undo": 0.05, "hours_waiting": 24.0},
        "ignores-undo",
        "This one is undone in three minutes: even a likely failure costs 45 on average, and the "
        "wait costs 48. What can be taken back at once needs no permission.",
    ),
    (
        {"chance_bad": 0.01},
        "ignores-chance",
        "With a chance of 0.01 the expected harm is 10, less than what the wait costs (10) plus "
        "what the person misses (2). Multiply the harm by its chance.",
    ),
    (
        {"person_catches": 0.05},
        "perfect-person",
        "This person catches 5 per cent of what is bad: 10 for the wait to save 5. Count the harm "
        "that gets past the person.",
    ),
    (
        {"person_catches": 0.5, "value_per_hour": 10.0},
        "tie",
        "Both ways cost 100 here. Where a person saves nothing, don't make anybody wait.",
    ),
)

EXERCISES = (
    Exercise(
        "4.1",
        "Where do the gates stand?",
        check_needs,
        hints=(
            "Take the checks one by one and ask: when this one fails, which steps must not run?",
            "A step that is stopped stops all that need it, directly or through others. So each "
            "check has to lie on some path to `release`.",
            "Of the steps, one is expensive. Which checks need no model, and could have said no "
            "before it started?",
        ),
        why="Every check lies on a path to the release, so none of them is a mere report. Lint, "
        "unit tests and contract stand before training because they need no model: a slip costs a "
        "minute and not forty. The quality gate needs the model, and the release needs the gate. "
        "More than one order does this.",
        starter="wrong:gate-beside",
    ),
    Exercise(
        "4.2",
        "The same days every time",
        check_training_days,
        hints=(
            "Three things may vary without being asked: chance, the order of the rows, and the "
            "order of a set. Which of them are in `list(set(days))[:n]`?",
            "A set removes what is doubled, and has no order that you can rely on. What gives it "
            "one?",
            "`random.Random(seed)` is a source of chance of your own. It has `sample`, which "
            "complains when it is asked for more than there is.",
        ),
        why="Sorted distinct days are the same list in every process and for every order of rows, "
        "and a generator of one's own draws the same positions from it and leaves the one that "
        "everybody shares alone. Sorting by `hash` would not do: it differs from process to "
        "process, which a check in one process can't see in every case. A seed makes the "
        "check repeatable and no more: whether three days are enough is another question, which "
        "other seeds answer.",
    ),
    Exercise(
        "4.3",
        "A gate for models",
        check_quality_gate,
        hints=(
            "Begin with the rows that count, and with the two reasons to stop before anything is "
            "compared.",
            "One column of differences, flight by flight, serves both rules: its interval over "
            "days, and its mean in each origin.",
            "Write the conditions so that a `nan` answers no: ask whether it is good enough, not "
            "whether it is too bad.",
        ),
        why="Paired differences cancel what makes flights hard for both models. Drawing whole days "
        "keeps flights with the same weather together, so that the interval is honest. The margin "
        "pays for the release, the slack for slices protects the few from the average, and the "
        "minimum keeps a lucky handful of flights from deciding. Rows of the training part prefer "
        "whichever model remembers more.",
    ),
    Exercise(
        "4.4",
        "Back to which release?",
        check_rollback_target,
        hints=(
            "Walk through the history from the first move to the last, and keep two things: which "
            "release serves, and which ones are known to be bad.",
            "At a `rollback`, the release that serves up to then is the bad one. Note it before "
            "you move on.",
            "Two rollbacks in a row are the hard case. Write down for 1, 2, 3 and back to 2, after "
            "each move, which release serves and which are bad.",
        ),
        why="A pointer to `the previous one` flips between two releases, and the second rollback "
        "brings the bad one back. The history knows which releases served and which of them were "
        "left because they were bad. Where none remains, `None` calls a person.",
    ),
    Exercise(
        "4.5",
        "Delivery or deployment?",
        check_needs_a_person,
        hints=(
            "Write the cost of each way as one sum: a harm that is only likely, and, with a "
            "person, what the wait costs.",
            "With a person a share of the same harm is left. Which share, if `person_catches` is "
            "0.8?",
            "One value may be `None`, which can't be multiplied, and isn't the same as 0.",
        ),
        why="A person is worth the wait if the harm that is caught exceeds what the wait costs. "
        "Most of the terms can be worked on: a gate lowers the chance, a quick rollback the hours. "
        "With both, deployment without a person becomes the cheaper way. What can't be undone "
        "stays with a person.",
    ),
)
