"""What comes out of a replay: the measured baselines, the leaderboard, and the report."""

import dataclasses
import datetime
import io
import re
import warnings
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from filelock import FileLock

from flightline.experiments.replays import load_replays
from flightline.replay import (
    DO_NOTHING,
    REFERENCE,
    Incident,
    Outcome,
    Result,
    Scenario,
    Score,
    leaderboard,
    replay,
)
from flightline.replay.engine import RULES
from flightline.replay.leaderboard import (
    COLUMNS,
    LeaderboardError,
    check_name,
    read_leaderboard,
    record,
    to_text,
)
from flightline.replay.policies import PLAYED, digest
from flightline.replay.report import money_figure, to_html, write_report

DAY = datetime.date(2013, 2, 4)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return a few days with an incident that is caught, told as if they were practice."""
    on = datetime.timedelta(days=1)
    scenario = Scenario(
        "practice",
        DAY,
        DAY + 5 * on,
        (Incident("<sign>", "sign", "", DAY + on, DAY + 3 * on, "40 minutes & early."),),
    )
    policies = dataclasses.replace(
        DO_NOTHING, alarm=lambda today, earlier: today.date == DAY + 2 * on
    )
    return replay(policies, tmp_path_factory.mktemp("played"), scenario)


# --- What was measured -----------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["practice", "year"])
def test_the_reference_beats_both_baselines(scenario: str) -> None:
    found = load_replays(scenario)
    assert list(found) == list(PLAYED)
    saved = {name: each["score"].saved for name, each in found.items()}
    assert saved["reference"] > 1.15 * saved["do nothing"]
    assert saved["do nothing"] > saved["retrain daily"]
    best = found["reference"]["score"]
    assert best.caught == best.incidents
    assert best.false_alarms == 0
    assert best.recovery_days < found["do nothing"]["score"].recovery_days / 3
    for each in found.values():
        score = each["score"]
        assert score.scenario == scenario
        assert sum(each["saved"]) == pytest.approx(score.saved)
        assert score.saved == pytest.approx(score.never_warning - sum(score.costs.values()))


@pytest.mark.parametrize("scenario", ["practice", "year"])
def test_retraining_daily_gains_nothing_even_without_its_price(scenario: str) -> None:
    found = load_replays(scenario)
    daily, nothing = (found[name]["score"] for name in ("retrain daily", "do nothing"))
    assert daily.saved + daily.costs["retraining"] < 1.01 * nothing.saved


@pytest.mark.parametrize("scenario", ["practice", "year"])
def test_an_incident_costs_where_nobody_acts_or_teaches_or_is_harmless(scenario: str) -> None:
    for each in load_replays(scenario)["do nothing"]["outcomes"]:
        if each["harmless"] or each["name"] == "settled early":
            assert abs(each["cost"]) < 100
        else:
            assert each["cost"] > 50


def test_what_was_measured_was_measured_with_these_policies() -> None:
    assert RULES == 1
    for scenario in ("practice", "year"):
        for name, each in load_replays(scenario).items():
            assert each["digest"] == digest(PLAYED[name])


def test_no_such_scenario() -> None:
    with pytest.raises(ValueError, match="practice, year"):
        load_replays("summer")


def test_the_reference_reaches_its_score(tmp_path: Path) -> None:
    result = replay(REFERENCE, tmp_path, "practice")
    expected = load_replays("practice")["reference"]
    score = expected["score"]
    # Another machine may round a probability to the other side of the threshold.
    assert result.score.saved == pytest.approx(score.saved, rel=0.01)
    assert result.saved == pytest.approx(expected["saved"], abs=30)
    for name in ("incidents", "caught", "false_alarms", "retrainings"):
        assert getattr(result.score, name) == getattr(score, name)


# --- The score -------------------------------------------------------------------------------


def test_the_explanation_fits_on_a_phone_and_counts_in_words(played: Result) -> None:
    kinds = ("incidents", "caught", "false_alarms", "failed_requests", "retrainings")
    counts = (*kinds, "promotions", "rollbacks")
    for count, expected in ((1, "1 promotion, 1 rollback."), (12, "12 promotions, 12 rollbacks.")):
        score = dataclasses.replace(played.score, **dict.fromkeys(counts, count))
        lines = score.explain().splitlines()
        assert len(lines) == 10
        assert max(map(len, lines)) <= 53
        assert lines[-1].endswith(expected)
        ending = "" if count == 1 else "s"
        for at, what in ((3, "request{} without"), (4, "retraining{} "), (5, "false alarm{} ")):
            assert f"{count} {what.format(ending)}" in lines[at]


# --- The leaderboard -------------------------------------------------------------------------


def test_the_baselines_and_the_reference_are_always_on_it(played: Result, tmp_path: Path) -> None:
    path = tmp_path / "boards" / "board.csv"
    rows = record(path, "me", played.score, "12345678")
    assert {row["name"] for row in rows} == {"me", *PLAYED}
    saved = [float(row["saved"]) for row in rows]
    assert saved == sorted(saved, reverse=True)
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert len(lines) == 5
    assert not list(path.parent.glob("*.part"))
    text = to_text(rows)
    assert "reference" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_name_replaces_its_row_and_leaves_the_others(played: Result, tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    record(path, "me", played.score, "11111111")
    record(path, "you", played.score, "22222222")
    year = dataclasses.replace(played.score, scenario="year")
    assert len(record(path, "me", year, "33333333")) == 4
    rows = record(path, "me", dataclasses.replace(played.score, saved=1e6), "44444444")
    assert rows[0]["name"] == "me"
    assert [row["policies"] for row in rows if row["name"] in ("me", "you")] == [
        "44444444",
        "22222222",
    ]
    assert len(path.read_text("utf-8").splitlines()) == 1 + 5 + 4


@pytest.mark.parametrize("text", ["name,saved\nme,1\n", "\x00", "# My notes\n\nimportant\n"])
def test_another_file_is_not_overwritten(played: Result, tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(LeaderboardError, match="is no leaderboard"):
        record(path, "me", played.score, "12345678")
    assert path.read_text("utf-8") == text


LINE = "practice,me,100,1,2,0,3.5,0,0,12345678"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([LINE, "practice,you,100"], "line 3: 3 cells in place of 10"),
        ([f"{LINE},1"], "line 2: 11 cells in place of 10"),
        ([LINE.replace(",100,", ",nan,")], "line 2: `saved` is 'nan'"),
        ([LINE.replace(",100,", ",inf,")], "line 2: `saved` is 'inf'"),
        ([LINE.replace(",3.5,", ",,")], "line 2: `recovery_days` is ''"),
        ([LINE.replace(",1,2,", ",one,2,")], "line 2: `caught` is 'one'"),
        ([LINE.replace("practice", "summer")], "line 2: no scenario 'summer'"),
        ([LINE, LINE.replace("100", "50")], "line 3: 'me' stands twice in 'practice'"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_lost(
    played: Result, tmp_path: Path, lines: list[str], said: str
) -> None:
    path = tmp_path / "board.csv"
    text = "\n".join([",".join(COLUMNS), *lines]) + "\n"
    path.write_text(text, "utf-8")
    with pytest.raises(LeaderboardError, match=re.escape(f"{path}, {said}")):
        record(path, "you", played.score, "12345678")
    assert path.read_text("utf-8") == text
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_empty_leaderboard(played: Result, tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.csv"
    path.write_text(text, "utf-8")
    assert len(record(path, "me", played.score, "12345678")) == 4


def test_a_spreadsheet_may_have_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    path.write_bytes(f"\ufeff{','.join(COLUMNS)}\r\n{LINE}\r\n".encode())
    assert [row["name"] for row in read_leaderboard(path)] == ["me"]


def test_a_folder_in_the_leaderboards_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeaderboardError, match="can't be read"):
        read_leaderboard(tmp_path)


def _record(path: Path, name: str, score: Score) -> int:
    return len(record(path, name, score, "12345678"))


def test_replays_that_end_at_the_same_time_lose_no_row(played: Result, tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    names = [f"player {number}" for number in range(24)]
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_record, [path] * 24, names, [played.score] * 24))
    assert {row["name"] for row in read_leaderboard(path)} == {*names, *PLAYED}
    assert not list(tmp_path.glob("*.part"))


def test_who_cannot_get_the_leaderboard_is_told(
    played: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "board.csv"
    monkeypatch.setattr(leaderboard, "PATIENCE", 0)
    lock = FileLock(tmp_path / ".board.csv.lock")
    with lock, pytest.raises(LeaderboardError, match="held by"):
        record(path, "me", played.score, "12345678")
    record(path, "me", played.score, "12345678")


@pytest.mark.parametrize("name", ["", ".", "../up", "a/b", "x" * 41, "end.", "do nothing"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(LeaderboardError, match=r"can't be used|taken by the course"):
        check_name(name, REFERENCE)


@pytest.mark.parametrize("name", ["reference", "my policies", "Zoë-2"])
def test_names_that_can_be(name: str) -> None:
    check_name(name, REFERENCE)


# --- The report ------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what a page would load, and the texts of its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.alts: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.loads += [given[name] or "" for name in ("src", "href") if name in given]
        if tag == "img":
            self.alts.append(given.get("alt") or "")


def test_the_page_loads_nothing_and_tells_everything(played: Result) -> None:
    text = to_html(played, "me & mine", {"do nothing": [10.0] * 6})
    page = Page()
    page.feed(text)
    assert page.loads
    assert all(each.startswith("data:image/png;base64,") for each in page.loads)
    assert not re.search(r"url\(|@import|<script|<link", text)
    assert len(page.alts) == 2
    assert "do nothing 1, me & mine " in page.alts[0]
    assert "me &amp; mine" in text
    assert "&lt;sign&gt;" in text
    assert "<sign>" not in text
    assert "called on <time>2013-02-06</time>, repaired" in text
    assert "color-scheme:light dark" in text
    assert 'name="viewport"' in text
    assert "saved, in dollars" in text


def test_the_report_is_the_same_each_time(played: Result) -> None:
    path = write_report(played, "me", {})
    first = path.read_bytes()
    assert path == played.folder / "report.html"
    assert write_report(played, "me", {}).read_bytes() == first
    assert not list(played.folder.glob("*.part"))


def test_a_report_without_incidents_and_releases(played: Result) -> None:
    text = to_html(dataclasses.replace(played, outcomes=[], releases=[]), "me", {})
    assert "<p>None.</p>" in text
    assert "The first champion served all the time." in text


def test_the_days_of_an_outcome() -> None:
    outcome = Outcome("a", "", DAY, DAY, False, None, "", DAY + datetime.timedelta(days=2), 1.0)
    assert outcome.days == 3


def test_the_report_tells_what_each_call_found(played: Result) -> None:
    on = datetime.timedelta(days=1)
    caught = DAY + 2 * on
    found = [(DAY, False), (DAY + on, False), (caught, True), (caught + on, True), (DAY, True)]
    text = to_html(dataclasses.replace(played, calls=found), "me", {})
    calls = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", text.split("<h2>Calls</h2>")[1])
    assert [(re.sub("<.*?>", "", when), what) for when, what in calls] == [
        ("2013-02-04 to 2013-02-05, 2 calls", "nothing to repair: a false alarm"),
        ("2013-02-06", "&lt;sign&gt;, repaired"),
        ("2013-02-07", "the day after a repair: no false alarm"),
        ("2013-02-04", "what had come wrongly on earlier days, repaired"),
    ]
    assert "Nobody was called." in to_html(dataclasses.replace(played, calls=[]), "me", {})


def test_each_figure_has_a_caption_of_its_own(played: Result) -> None:
    def captions(releases: list[dict[str, object]]) -> list[str]:
        text = to_html(dataclasses.replace(played, releases=releases), "me", {})
        return re.findall("<figcaption>(.*?)</figcaption>", text)

    money, loss = captions([])
    assert money in loss
    assert "as they were delivered" in loss
    assert "Dashed" not in money + loss
    money, loss = captions([{"day": str(DAY), "event": "promote", "version": 2}])
    assert "Dashed" not in money
    assert "Dashed" in loss


@pytest.mark.parametrize(("name", "written"), [("_ada", "_ada"), ("Zoë", "Zoë"), ("李", "yours")])
def test_the_figure_shows_every_name(played: Result, name: str, written: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = money_figure(played, name, {"do nothing": [10.0] * 6})
        figure.savefig(io.BytesIO())
    (legend,) = [axes.get_legend() for axes in figure.axes]
    assert [text.get_text() for text in legend.get_texts()] == ["do nothing", written]


def test_a_loss_is_called_a_loss(played: Result) -> None:
    poor = dataclasses.replace(played, saved=[-200.0] * 6)
    assert money_figure(poor, "me", {}).axes[0].get_title() == "me lost 12 thousand dollars"
