"""The loop: a day at a time, with a fault in it now and then, and four policies in charge.

A day. Deliveries arrive, with what is broken in them, and the contract looks at them. The champion
answers; while a canary runs, it answers for one flight in ten. In the evening the labels that are
complete (12 hours after scheduled arrival) come in, and `alarm` and `retrain` are asked.

When `alarm` answers True, somebody looks, and does what the runbook says:

1. What is delivered wrongly is repaired before the next day. Whatever was delivered wrongly, today
   or earlier, is delivered again, so that later trainings see it right.
2. A champion that learned from wrong deliveries is rolled back to the last good version; a canary
   or a candidate that waits and learned from them is taken back.
3. If there was nothing to do, it was a false alarm. A call on the day after a repair is none.

When `retrain` answers True, a candidate learns from at most 20,000 flights of all that have labels,
as they were delivered; flights of the last 14 days are kept out for the `gate`. What passes becomes
the canary of the next day, or waits until the one that runs has ended; a newer candidate takes the
place of one that waits. A canary ends by chapter 11's sequential rule, or after 7 days by whether
the evidence so far speaks for it.

After each day the state is written as a whole, so that a replay that was killed anywhere goes on
where it was and ends with the same score and the same files. The first state is written before
anything else: what lies in a folder without one is somebody else's.
"""

import datetime
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from flightline.bundles import BundleError, Deployment, write_deployment
from flightline.business import Costs, cost_per_flight
from flightline.canary import daily_differences, evidence, in_canary, sequential_test
from flightline.replay.deliveries import Deliveries, deliveries
from flightline.replay.incidents import SCENARIOS, Incident, Scenario
from flightline.replay.policies import (
    Day,
    Policies,
    PolicyError,
    Trial,
    ask,
    ask_threshold,
    digest,
)
from flightline.replay.score import FALSE_ALARM, FALSE_CALL, MISS, NO_ANSWER, Outcome, Score, score
from flightline.replay.versions import Version, train
from flightline.retraining import RETRAINING_COST

#: Called after each day that is done: the day, how many are done, and how many there are.
Progress = Callable[[datetime.date, int, int], None]

#: Part of the state's key: a state of other rules can't be gone on with.
RULES = 1
CANARY_SHARE, CANARY_DAYS = 0.1, 7
#: Days whose flights no candidate learns from: the gate judges on them.
TRIAL_DAYS = 14
#: How to begin anew, for messages.
FRESH = "fresh=True, in the shell --fresh"
STATE, BUNDLES, ANSWERS, LOCK = "state.json", "bundles", "answers", "replay.lock"
#: Of the last replay in the folder; `flightline.replay.report` writes it.
REPORT = "report.html"
_ONE_DAY = datetime.timedelta(days=1)
_COSTS = Costs(false_alarm=FALSE_ALARM, miss=MISS)


class ReplayError(ValueError):
    """A replay can't be played here; the message says why and what to do."""


@dataclass(frozen=True)
class Result:
    """What became of a replay.

    Attributes
    ----------
    score
        Adds it up.
    days
        What was known on each evening.
    saved
        Units saved on each day.
    outcomes
        Of the incidents that began, in order.
    releases
        What happened to versions: `day`, `event` (``"train"``, ``"refuse"``, ``"canary"``,
        ``"promote"``, ``"stop"``, ``"rollback"``) and `version`.
    calls
        Days on whose evening somebody was called, and whether there was something to do.
    threshold
        Warnings were given from this probability on.
    scenario
        The scenario's name.
    policies
        Digest of the policies.
    folder
        Where everything lies.
    """

    score: Score
    days: list[Day]
    saved: list[float]
    outcomes: list[Outcome]
    releases: list[dict[str, Any]]
    calls: list[tuple[datetime.date, bool]]
    threshold: float
    scenario: str
    policies: str
    folder: Path


def replay(
    policies: Policies,
    folder: str | Path,
    scenario: str | Scenario = "practice",
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    progress: Progress | None = None,
    fresh: bool = False,
) -> Result:
    """Play a scenario, or go on with one that was interrupted.

    Parameters
    ----------
    policies : Policies
        Take the decisions.
    folder : path
        Is made, and holds the state, the models as bundles, and every answer.
    scenario : str or Scenario
        ``"practice"`` (July and August), ``"year"`` (April to December), or one of your own.
    first, last : datetime.date, optional
        Play a part of it. Incidents that began before are left out.
    progress : callable, optional
        See `Progress`. What it raises interrupts the replay; the day before it is kept.
    fresh : bool
        Begin anew, whatever the folder holds of another replay. It is kept until the policies were
        asked and the data are there.

    Returns
    -------
    Result
        The same on every run.

    Raises
    ------
    ReplayError
        When the folder holds a replay of other policies, another scenario or another period, or
        something that no replay has written; when it is damaged, or another replay runs in it; when
        a policy answers otherwise than before about a day that was played; when there is no such
        scenario or period.
    flightline.replay.policies.PolicyError
        When a policy fails or answers something else than it has to.
    """
    if not isinstance(policies, Policies):
        raise PolicyError(
            f"A replay needs `Policies` and got a `{type(policies).__name__}`: give "
            "Policies(threshold=..., alarm=..., retrain=..., gate=...)."
        )
    plan = _plan(scenario, first, last)
    # A policy may change the working directory.
    place = Path(folder).absolute()
    _refuse_what_is_not_ours(place)
    key = {
        "policies": digest(policies),
        "scenario": plan.name,
        "first": str(plan.first),
        "last": str(plan.last),
        "incidents": hashlib.sha256(repr(plan).encode()).hexdigest()[:8],
        "rules": RULES,
    }
    threshold = ask_threshold(policies, FALSE_ALARM, MISS)
    with _lock(place):
        state = None if fresh else _load(place, key)
        loop = _Loop(policies, place, plan, state or _first_state(key, plan, threshold))
        loop.ask_again(threshold)
        while loop.today <= plan.last:
            loop.play()
            if progress is not None:
                done = (loop.today - plan.first).days
                progress(loop.today - _ONE_DAY, done, (plan.last - plan.first).days + 1)
        return loop.result()


def _plan(
    scenario: str | Scenario, first: datetime.date | None, last: datetime.date | None
) -> Scenario:
    if isinstance(scenario, str):
        if scenario not in SCENARIOS:
            raise ReplayError(f"No scenario {scenario!r}. There are: {', '.join(SCENARIOS)}.")
        scenario = SCENARIOS[scenario]
    try:
        return scenario.between(first or scenario.first, last or scenario.last)
    except ValueError as error:
        raise ReplayError(str(error)) from None


def _refuse_what_is_not_ours(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ReplayError(f"{folder} is a file: choose another folder.")
    found = [name for name in (BUNDLES, ANSWERS, REPORT) if (folder / name).exists()]
    if found and not (folder / STATE).exists():
        raise ReplayError(f"{folder} holds {found[0]} of something else: choose another folder.")


def _lock(folder: Path) -> AbstractContextManager[Any]:
    """Keep other replays out of a folder; the system takes the lock from a process that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return FileLock(folder / LOCK).acquire(timeout=0)
    except Timeout:
        raise ReplayError(
            f"Another replay runs in {folder}: wait for it, or choose another folder."
        ) from None


def _first_state(key: dict[str, Any], plan: Scenario, threshold: float) -> dict[str, Any]:
    return {
        "key": key,
        "threshold": threshold,
        "next": str(plan.first),
        "champion": 1,
        "canary": None,
        "waiting": None,
        "looks": [],
        "canary_days": 0,
        "served": [1],
        "versions": {},
        "last_training": str(plan.first - _ONE_DAY),
        "repaired": {},
        "caught": {},
        "harm": {},
        "incident_costs": {},
        "quiet": None,
        "days": [],
        "decisions": [],
        "costs": [],
        "releases": [],
        "calls": [],
    }


def _load(folder: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """Return the state of the folder, or None before the first day."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        known = state["key"]
        whole = state.pop("sha256") == _seal(state)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise ReplayError(
            f"{folder / STATE} is damaged or of an older version: begin anew ({FRESH})."
        )
    other = {
        "policies": "other policies",
        "scenario": "another scenario",
        "first": "another period",
        "last": "another period",
        "incidents": "other incidents",
        "rules": "an older version",
    }
    for name, what in other.items():
        if known.get(name) != key[name]:
            raise ReplayError(
                f"{folder} holds a replay of {what}: choose another folder, or begin anew "
                f"({FRESH})."
            )
    return dict(state)


class _Judged(NamedTuple):
    """Flights whose label came in: what was announced, by which version, and what came."""

    announced: np.ndarray
    version: np.ndarray
    late: np.ndarray


class _Loop:
    """A replay between two days. Everything that a day changes is in `state`."""

    def __init__(
        self,
        policies: Policies,
        folder: Path,
        plan: Scenario,
        state: dict[str, Any],
    ) -> None:
        self.policies, self.folder, self.plan, self.state = policies, folder, plan, state
        self.bundles = folder / BUNDLES
        self.loaded: dict[int, Version] = {}
        self.days = [_to_day(each) for each in state["days"]]
        if not state["versions"]:
            self._begin()
        self._deploy()
        self._remove_unfinished()

    @cached_property
    def delivered(self) -> Deliveries:
        """Everything that is delivered; computed when the first day needs it."""
        return deliveries(self.plan)

    @property
    def today(self) -> datetime.date:
        """The day that is played next."""
        return datetime.date.fromisoformat(self.state["next"])

    def _begin(self) -> None:
        # Computed once: what it raises is raised before anything is removed.
        deliveries(self.plan)
        self._save()
        for name in (BUNDLES, ANSWERS):
            if (self.folder / name).exists():
                # An error isn't ignored: a bundle that stays would be taken for one of this replay.
                shutil.rmtree(self.folder / name)
        (self.folder / REPORT).unlink(missing_ok=True)
        (self.folder / ANSWERS).mkdir()
        self._train(self.plan.first - _ONE_DAY, keep_out=0)
        self._save()

    def _remove_unfinished(self) -> None:
        """Remove what was trained on a day that isn't done: it may be decided otherwise."""
        for each in self.bundles.iterdir():
            if each.is_dir() and each.name not in self.state["versions"]:
                shutil.rmtree(each)

    # --- Decisions ---------------------------------------------------------------------------

    def ask_again(self, threshold: float) -> None:
        """Make sure that the policies answer about the days that were played as they did then.

        Parameters
        ----------
        threshold
            What they answer now.

        Raises
        ------
        ReplayError
            When they depend on something else than what they are given.
        """
        if threshold != self.state["threshold"]:
            raise _otherwise("threshold", "before the first day")
        for at, before in enumerate(self.state["decisions"]):
            day = self.days[at]
            for name, decision in before.items():
                if self._decide(name, day, self.days[:at]) is not decision:
                    raise _otherwise(name, f"on {day.date}")

    def _decide(self, name: str, day: Day, earlier: Sequence[Day]) -> bool:
        # Copies: a policy that changes what it is given would change what is known of the days.
        return ask(self.policies, name, day.date, _copy(day), tuple(map(_copy, earlier)))

    # --- A day -------------------------------------------------------------------------------

    def play(self) -> None:
        """Play one day and write the state."""
        state, today = self.state, self.today
        rows, broken = self.delivered.rows(today), self._broken(today)
        refused = self._refused(rows, broken)
        probability = self._serve(today, rows, broken, refused)
        costs = self._costs(rows, probability, refused)
        self._blame(today, rows, costs)
        judged = self._judge(today)
        day = self._describe(today, rows, broken, probability, judged)
        alarm = self._decide("alarm", day, self.days)
        if alarm:
            costs["calls"] = self._call(today)
        self._look_at_canary(today, judged)
        retrain = self._decide("retrain", day, self.days)
        if retrain:
            costs["retraining"] = RETRAINING_COST
            self._candidate(today)
        self._start_waiting(today)
        self.days.append(day)
        state["days"].append(_from_day(day))
        state["decisions"].append({"alarm": alarm, "retrain": retrain})
        state["costs"].append(costs)
        state["next"] = str(today + _ONE_DAY)
        self._deploy()
        self._save()

    def _serve(
        self, today: datetime.date, rows: np.ndarray, broken: Sequence[str], refused: np.ndarray
    ) -> np.ndarray:
        """Return and write down the probability of each flight, nan where there is no answer."""
        state = self.state
        champion = self._version(state["champion"])
        probability = champion.answer_delivered(rows, broken, archive=False)
        version = np.full(len(rows), float(state["champion"]))
        if state["canary"] is not None:
            chosen = self._canary_flights(rows, today)
            canary = self._version(state["canary"])
            probability[chosen] = canary.answer_delivered(rows[chosen], broken, archive=False)
            version[chosen] = state["canary"]
            state["canary_days"] += 1
        probability[refused] = np.nan
        self._write_answers(today, probability, version)
        return probability

    def _describe(
        self,
        today: datetime.date,
        rows: np.ndarray,
        broken: Sequence[str],
        probability: np.ndarray,
        judged: _Judged,
    ) -> Day:
        """Return what is known this evening."""
        state = self.state
        champion = self._version(state["champion"])
        features, _ = self.delivered.delivered(rows, broken, archive=False)
        missing, missing_usual, drift = champion.compare(features)
        answered = ~np.isnan(probability)
        usual = np.full(len(judged.late), champion.late_rate)
        trained = datetime.date.fromisoformat(state["last_training"])
        return Day(
            date=today,
            flights=len(rows),
            failed=int((~answered).sum()),
            findings=self._findings(today, broken),
            missing=missing,
            missing_usual=missing_usual,
            drift=drift,
            announced=_mean(probability[answered]),
            judged=len(judged.late),
            judged_announced=_mean(judged.announced),
            late_rate=_mean(judged.late),
            log_loss=_log_loss(judged.late, judged.announced),
            usual_log_loss=_log_loss(judged.late, usual),
            champion=state["champion"],
            champion_age=(today - self._trained(state["champion"])).days,
            since_retraining=(today - trained).days,
            since_call=self._since_call(today),
        )

    def _since_call(self, today: datetime.date) -> int:
        calls = self.state["calls"]
        if not calls:
            return len(self.days) + 1
        return (today - datetime.date.fromisoformat(calls[-1][0])).days

    def _broken(self, day: datetime.date) -> list[str]:
        """Return the incidents whose deliveries are wrong somewhere up to this day."""
        return [
            each.name
            for each in self.plan.incidents
            if each.first_day <= day and each.name not in self.state["repaired"]
        ]

    def _active(self, day: datetime.date) -> Incident | None:
        for each in self.plan.incidents:
            if each.on(day) and each.name not in self.state["repaired"]:
                return each
        return None

    def _refused(self, rows: np.ndarray, broken: Sequence[str]) -> np.ndarray:
        refused = np.zeros(len(rows), dtype=bool)
        for name in broken:
            wrong = self.delivered.wrong[name]
            refused |= np.isin(rows, wrong.rows[wrong.refused])
        return refused

    def _findings(self, day: datetime.date, broken: Sequence[str]) -> dict[str, int]:
        found = dict(self.delivered.findings.get(day, {}))
        for name in broken:
            for family, count in self.delivered.wrong[name].findings.get(day, {}).items():
                found[family] = found.get(family, 0) + count
        return found

    def _canary_flights(self, rows: np.ndarray, day: datetime.date) -> np.ndarray:
        salt = f"version {self.state['canary']}"
        labels = self.delivered.flights["label"].iloc[rows]
        return np.array([in_canary(f"{each}/{day}", CANARY_SHARE, salt) for each in labels])

    # --- What it costs -----------------------------------------------------------------------

    def _costs(
        self, rows: np.ndarray, probability: np.ndarray, refused: np.ndarray
    ) -> dict[str, float]:
        late = self.delivered.late[rows]
        # nan, a request without an answer, is silence.
        warned = probability >= self.state["threshold"]
        return {
            "misses": MISS * float(((late == 1) & ~warned).sum()),
            "warnings": FALSE_ALARM * float(((late == 0) & warned).sum()),
            "no_answer": NO_ANSWER * float(refused.sum()),
            "retraining": 0.0,
            "calls": 0.0,
            "never_warning": MISS * float((late == 1).sum()),
        }

    def _blame(
        self,
        today: datetime.date,
        rows: np.ndarray,
        costs: dict[str, float],
    ) -> None:
        """Book what today's damage cost, beside the same day without it."""
        state = self.state
        learned = state["versions"][str(state["champion"])]["learned"]
        touched = [
            name
            for name in self._broken(today)
            if np.isin(rows, self.delivered.wrong[name].rows).any()
        ]
        names = touched or learned[:1]
        if not names:
            return
        good = self._version(self._last_good() if learned else state["champion"])
        instead = self._costs(rows, good.answer_right(rows), np.zeros(len(rows), dtype=bool))
        kinds = ("misses", "warnings", "no_answer")
        more = sum(costs[kind] - instead[kind] for kind in kinds)
        known = state["incident_costs"]
        known[names[0]] = known.get(names[0], 0.0) + more
        for name in {*learned, *([active.name] if (active := self._active(today)) else [])}:
            state["harm"][name] = str(today)

    # --- The evening -------------------------------------------------------------------------

    def _judge(self, today: datetime.date) -> _Judged:
        """Return the flights that were answered and whose label came in today."""
        parts = []
        for back in (2, 1, 0):
            day = today - back * _ONE_DAY
            if day < self.plan.first:
                continue
            rows = self.delivered.rows(day)
            probability, version = self._read_answers(day)
            known = self.delivered.known[rows] == today.toordinal()
            known &= ~np.isnan(probability)
            parts.append((rows[known], probability[known], version[known]))
        rows, announced, version = (np.concatenate(each) for each in zip(*parts, strict=True))
        late = self.delivered.delivered_late(rows, self._broken(today), archive=False)
        told = ~np.isnan(late)
        return _Judged(announced[told], version[told], late[told])

    def _call(self, today: datetime.date) -> float:
        """Do what the runbook says; return what the call cost."""
        state = self.state
        active = self._active(today)
        wrong = [
            each.name
            for each in self.plan.incidents
            if each.name in self._broken(today)
            and not each.harmless
            # A request that got no answer then can't get it now.
            and (each is active or each.teaches)
        ]
        poisoned = self._learned(state["champion"])
        others = [
            name
            for name in ("canary", "waiting")
            if state[name] is not None and self._learned(state[name])
        ]
        useful = bool(wrong or poisoned or others)
        if active is not None and not active.harmless:
            state["caught"].setdefault(active.name, [str(today), "repaired"])
        for name in wrong:
            state["repaired"][name] = str(today)
        for name in [*poisoned, *(each for key in others for each in self._learned(state[key]))]:
            state["caught"].setdefault(name, [str(today), "rolled back"])
        for name in others:
            self._event(today, "stop", state[name])
            state[name] = None
        if poisoned:
            self._event(today, "rollback", state["champion"])
            state["champion"] = self._last_good()
            state["served"].append(state["champion"])
            if state["canary"] is not None:
                # It was compared with the version that left.
                self._event(today, "stop", state["canary"])
                state["canary"] = None
        quiet = state["quiet"] == str(today)
        if useful:
            state["quiet"] = str(today + _ONE_DAY)
        state["calls"].append([str(today), useful or quiet])
        return 0.0 if useful or quiet else FALSE_CALL

    def _learned(self, version: int) -> list[str]:
        return list(self.state["versions"][str(version)]["learned"])

    def _last_good(self) -> int:
        """Return the last version that served and learned from nothing wrong."""
        return next(each for each in reversed(self.state["served"]) if not self._learned(each))

    def _look_at_canary(self, today: datetime.date, judged: _Judged) -> None:
        state = self.state
        if state["canary"] is None:
            return
        ours = judged.version == state["canary"]
        if ours.any():
            warned = judged.announced >= state["threshold"]
            cost = cost_per_flight(judged.late == 1, warned, _COSTS)
            difference, error = daily_differences(cost, np.zeros(len(cost)), ours)
            state["looks"] += [[float(a), float(b)] for a, b in zip(difference, error, strict=True)]
        if not state["looks"]:
            return
        differences, errors = zip(*state["looks"], strict=True)
        action = sequential_test(differences, errors).action
        if action == "continue" and state["canary_days"] >= CANARY_DAYS:
            action = "promote" if evidence(differences, errors)[-1] <= 0 else "stop"
        if action == "continue":
            return
        self._event(today, action, state["canary"])
        if action == "promote":
            state["champion"] = state["canary"]
            state["served"].append(state["champion"])
        state["canary"] = None

    def _candidate(self, today: datetime.date) -> None:
        """Train a candidate and ask the gate."""
        number = self._train(today, keep_out=TRIAL_DAYS)
        self._event(today, "train", number)
        if ask(self.policies, "gate", today, self._trial(today, number)):
            self.state["waiting"] = number
        else:
            self._event(today, "refuse", number)

    def _trial(self, today: datetime.date, candidate: int) -> Trial:
        ordinal = today.toordinal()
        recent = (self.delivered.day > ordinal - TRIAL_DAYS) & (self.delivered.known <= ordinal)
        rows = np.flatnonzero(recent)
        broken = self._broken(today)
        late = self.delivered.delivered_late(rows, broken, archive=True)
        told = ~np.isnan(late)
        flights = self.delivered.flights.iloc[rows[told]]
        champion, challenger = (
            self._version(each).answer_delivered(rows, broken, archive=True)[told]
            for each in (self.state["champion"], candidate)
        )
        return Trial(
            late[told] == 1,
            champion,
            challenger,
            flights["day"].astype(str).to_numpy(dtype=str),
            flights["origin"].to_numpy(dtype=str),
        )

    def _start_waiting(self, today: datetime.date) -> None:
        state = self.state
        if state["canary"] is None and state["waiting"] is not None:
            state["canary"], state["waiting"] = state["waiting"], None
            state["looks"], state["canary_days"] = [], 0
            self._event(today, "canary", state["canary"])

    # --- Versions ----------------------------------------------------------------------------

    def _train(self, evening: datetime.date, keep_out: int) -> int:
        """Train the next version on what is known on an evening."""
        state, ordinal = self.state, evening.toordinal()
        number = len(state["versions"]) + 1
        known = self.delivered.known <= ordinal
        rows = np.flatnonzero(known & (self.delivered.day <= ordinal - keep_out))
        broken = self._broken(evening)
        facts = {"trained": str(evening), "keeps_out_days": keep_out}
        found = train(self.bundles, number, self.delivered, rows, broken, ordinal, facts)
        teaches = {each.name: each.teaches for each in self.plan.incidents}
        learned = [name for name in found if teaches[name]]
        state["versions"][str(number)] = {"trained": str(evening), "learned": learned}
        state["last_training"] = str(evening)
        return number

    def _version(self, number: int) -> Version:
        if number not in self.loaded:
            state = self.state
            # Whoever retrains daily would fill the memory with versions that nobody asks again.
            needed = {state["champion"], state["canary"], state["waiting"], self._last_good()}
            self.loaded = {each: known for each, known in self.loaded.items() if each in needed}
            try:
                self.loaded[number] = Version(self.bundles, number, self.delivered)
            except BundleError as error:
                raise self._unusable(error) from None
        return self.loaded[number]

    def _trained(self, number: int) -> datetime.date:
        return datetime.date.fromisoformat(self.state["versions"][str(number)]["trained"])

    def _event(self, day: datetime.date, event: str, version: int | None) -> None:
        self.state["releases"].append({"day": str(day), "event": event, "version": version})

    def _deploy(self) -> None:
        canary = self.state["canary"]
        share = CANARY_SHARE if canary is not None else 0.0
        salt = f"version {canary}" if canary is not None else ""
        deployment = Deployment(self.state["champion"], canary, share, salt=salt)
        try:
            write_deployment(self.bundles, deployment)
        except BundleError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: BundleError) -> ReplayError:
        # What the error advises is for whoever has exported the bundle.
        what = str(error).partition(":")[0]
        return ReplayError(f"{self.folder} can't be gone on with ({what}): begin anew ({FRESH}).")

    # --- Files -------------------------------------------------------------------------------

    def _write_answers(
        self, day: datetime.date, probability: np.ndarray, version: np.ndarray
    ) -> None:
        content = io.BytesIO()
        np.save(content, np.stack([probability, version]))
        _write(self.folder / ANSWERS / f"{day}.npy", content.getvalue())

    def _read_answers(self, day: datetime.date) -> np.ndarray:
        """Return the probabilities and the versions of a day, float64 of shape (2, n)."""
        path = self.folder / ANSWERS / f"{day}.npy"
        try:
            return np.asarray(np.load(path))
        except (OSError, ValueError, EOFError):
            raise ReplayError(f"{path} is damaged: begin anew ({FRESH}).") from None

    def _save(self) -> None:
        sealed = {**self.state, "sha256": _seal(self.state)}
        _write(self.folder / STATE, f"{json.dumps(sealed)}\n".encode())

    # --- The end -----------------------------------------------------------------------------

    def result(self) -> Result:
        """Return what became of the replay so far."""
        state, last = self.state, self.today - _ONE_DAY
        outcomes = [
            self._outcome(each, last) for each in self.plan.incidents if each.first_day <= last
        ]
        events = [each["event"] for each in state["releases"]]
        calls = [(datetime.date.fromisoformat(day), useful) for day, useful in state["calls"]]
        counts = {
            "scenario": self.plan.name,
            "false_alarms": sum(not useful for _, useful in calls),
            "failed_requests": sum(day.failed for day in self.days),
            "retrainings": events.count("train"),
            "promotions": events.count("promote"),
            "rollbacks": events.count("rollback"),
        }
        total = score(state["costs"], outcomes, counts)
        kinds = ("misses", "warnings", "no_answer", "retraining", "calls")
        return Result(
            total,
            list(self.days),
            [day["never_warning"] - sum(day[kind] for kind in kinds) for day in state["costs"]],
            outcomes,
            list(state["releases"]),
            calls,
            state["threshold"],
            self.plan.name,
            state["key"]["policies"],
            self.folder,
        )

    def _outcome(self, incident: Incident, last: datetime.date) -> Outcome:
        state, name = self.state, incident.name
        caught, action = state["caught"].get(name, (None, ""))
        over = datetime.date.fromisoformat(state["harm"].get(name, str(incident.first_day)))
        return Outcome(
            name,
            incident.story,
            incident.first_day,
            min(incident.last_day, last),
            incident.harmless,
            None if caught is None else datetime.date.fromisoformat(caught),
            action,
            over,
            state["incident_costs"].get(name, 0.0),
        )


def _otherwise(name: str, when: str) -> ReplayError:
    return ReplayError(
        f"`{name}` answered otherwise {when} than before: a policy may depend on nothing but what "
        f"it is given. Begin anew ({FRESH})."
    )


def _seal(state: dict[str, Any]) -> str:
    """Return what tells a whole state from a damaged one."""
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def _write(target: Path, content: bytes) -> None:
    """Write a file whole or not at all, also when the power fails."""
    unfinished = target.with_name(f"{target.name}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, target)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _log_loss(late: np.ndarray, announced: np.ndarray) -> float:
    if not len(late):
        return float("nan")
    p = np.clip(announced, 1e-9, 1 - 1e-9)
    return float(-np.where(late == 1, np.log(p), np.log(1 - p)).mean())


def _copy(day: Day) -> Day:
    return replace(day, findings=dict(day.findings))


def _from_day(day: Day) -> dict[str, Any]:
    return {**asdict(day), "date": str(day.date)}


def _to_day(known: dict[str, Any]) -> Day:
    return Day(**{**known, "date": datetime.date.fromisoformat(known["date"])})
