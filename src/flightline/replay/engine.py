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
where it was and ends with the same score and the same files.
"""

import datetime
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from flightline.bundles import Deployment, write_deployment
from flightline.business import Costs, cost_per_flight
from flightline.canary import daily_differences, evidence, in_canary, sequential_test
from flightline.replay.deliveries import Deliveries, deliveries
from flightline.replay.incidents import SCENARIOS, Incident, Scenario
from flightline.replay.policies import (
    Day,
    Policies,
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
STATE, BUNDLES, ANSWERS = "state.json", "bundles", "answers"
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
        Begin anew, whatever the folder holds of another replay.

    Returns
    -------
    Result
        The same on every run.

    Raises
    ------
    ReplayError
        When the folder holds a replay of other policies, another scenario or another period; when
        there is no such scenario or period.
    flightline.replay.policies.PolicyError
        When a policy fails or answers something else than it has to.
    """
    plan = _plan(scenario, first, last)
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise ReplayError(f"{place} is a file: choose another folder.")
    key = {
        "policies": digest(policies),
        "scenario": plan.name,
        "first": str(plan.first),
        "last": str(plan.last),
        "incidents": hashlib.sha256(repr(plan).encode()).hexdigest()[:8],
        "rules": RULES,
    }
    if fresh:
        _clear(place)
    state = _load(place, key)
    loop = _Loop(policies, place, plan, state, key)
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


def _clear(folder: Path) -> None:
    """Remove what replays write, and nothing else.

    Raises
    ------
    ReplayError
        When the folder holds bundles that no replay has written.
    """
    if (folder / BUNDLES).exists() and not (folder / ANSWERS).is_dir():
        raise ReplayError(f"{folder} holds bundles of something else: choose another folder.")
    for name in (STATE, f"{STATE}.part", "report.html"):
        (folder / name).unlink(missing_ok=True)
    # The answers last: they tell that the bundles are a replay's.
    for name in (BUNDLES, ANSWERS):
        shutil.rmtree(folder / name, ignore_errors=True)


def _load(folder: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """Return the state of the folder, or None before the first day."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        known = state["key"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ReplayError(f"{folder / STATE} is damaged: begin anew ({FRESH}).") from None
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
        state: dict[str, Any] | None,
        key: dict[str, Any],
    ) -> None:
        self.policies, self.folder, self.plan = policies, folder, plan
        self.bundles = folder / BUNDLES
        self.threshold = ask_threshold(policies, FALSE_ALARM, MISS)
        self.loaded: dict[int, Version] = {}
        self.days: list[Day] = []
        if state is None:
            self.state = self._begin(key)
        else:
            self.state = state
            self.days = [_to_day(each) for each in state["days"]]
        self._deploy()

    @cached_property
    def delivered(self) -> Deliveries:
        """Everything that is delivered; computed when the first day needs it."""
        return deliveries(self.plan)

    @property
    def today(self) -> datetime.date:
        """The day that is played next."""
        return datetime.date.fromisoformat(self.state["next"])

    def _begin(self, key: dict[str, Any]) -> dict[str, Any]:
        # What a replay left that was killed before its first state.
        _clear(self.folder)
        (self.folder / ANSWERS).mkdir(parents=True, exist_ok=True)
        self.state = {
            "key": key,
            "next": str(self.plan.first),
            "champion": 1,
            "canary": None,
            "waiting": None,
            "looks": [],
            "canary_days": 0,
            "served": [1],
            "versions": {},
            "last_training": str(self.plan.first - _ONE_DAY),
            "repaired": {},
            "caught": {},
            "harm": {},
            "incident_costs": {},
            "quiet": None,
            "days": [],
            "costs": [],
            "releases": [],
            "calls": [],
        }
        self._train(self.plan.first - _ONE_DAY, keep_out=0)
        self._save()
        return self.state

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
        earlier = tuple(self.days)
        if ask(self.policies, "alarm", today, day, earlier):
            costs["calls"] = self._call(today)
        self._look_at_canary(today, judged)
        if ask(self.policies, "retrain", today, day, earlier):
            costs["retraining"] = RETRAINING_COST
            self._candidate(today)
        self._start_waiting(today)
        self.days.append(day)
        state["days"].append(_from_day(day))
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
        warned = probability >= self.threshold  # nan, a request without an answer, is silence
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
            probability, version = np.load(self.folder / ANSWERS / f"{day}.npy")
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
            cost = cost_per_flight(judged.late == 1, judged.announced >= self.threshold, _COSTS)
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
            self.loaded[number] = Version(self.bundles, number, self.delivered)
        return self.loaded[number]

    def _trained(self, number: int) -> datetime.date:
        return datetime.date.fromisoformat(self.state["versions"][str(number)]["trained"])

    def _event(self, day: datetime.date, event: str, version: int | None) -> None:
        self.state["releases"].append({"day": str(day), "event": event, "version": version})

    def _deploy(self) -> None:
        canary = self.state["canary"]
        share = CANARY_SHARE if canary is not None else 0.0
        salt = f"version {canary}" if canary is not None else ""
        write_deployment(self.bundles, Deployment(self.state["champion"], canary, share, salt=salt))

    # --- Files -------------------------------------------------------------------------------

    def _write_answers(
        self, day: datetime.date, probability: np.ndarray, version: np.ndarray
    ) -> None:
        target = self.folder / ANSWERS / f"{day}.npy"
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, np.stack([probability, version]))
        os.replace(unfinished, target)

    def _save(self) -> None:
        unfinished = self.folder / f"{STATE}.part"
        unfinished.write_text(json.dumps(self.state) + "\n", encoding="utf-8")
        os.replace(unfinished, self.folder / STATE)

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
            self.threshold,
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


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _log_loss(late: np.ndarray, announced: np.ndarray) -> float:
    if not len(late):
        return float("nan")
    p = np.clip(announced, 1e-9, 1 - 1e-9)
    return float(-np.where(late == 1, np.log(p), np.log(1 - p)).mean())


def _from_day(day: Day) -> dict[str, Any]:
    return {**asdict(day), "date": str(day.date)}


def _to_day(known: dict[str, Any]) -> Day:
    return Day(**{**known, "date": datetime.date.fromisoformat(known["date"])})
