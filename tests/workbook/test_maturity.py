"""The maturity models as data: what the sources say, and what a repository can show of it."""

import pytest

from workbook.audit.rules import RULES
from workbook.maturity import MODELS, Model, band, lowest, model, models, words


@pytest.mark.parametrize(
    ("key", "numbers", "names"),
    [
        (
            "google",
            [0, 1, 2],
            ["Manual process", "ML pipeline automation", "CI/CD pipeline automation"],
        ),
        (
            "microsoft",
            [0, 1, 2, 3, 4],
            [
                "No MLOps",
                "DevOps but no MLOps",
                "Automated training",
                "Automated model deployment",
                "Full MLOps automated operations",
            ],
        ),
    ],
)
def test_levels_carry_the_names_of_their_source(
    key: str, numbers: list[int], names: list[str]
) -> None:
    assert [level.number for level in model(key).levels] == numbers
    assert [level.name for level in model(key).levels] == names


def test_aws_has_four_stages_by_name() -> None:
    assert [level.name for level in model("aws").levels[1:]] == [
        "Initial",
        "Repeatable",
        "Reliable",
        "Scalable",
    ]


def test_the_test_score_has_four_sections_of_seven() -> None:
    score = model("ml_test_score")
    assert score.areas == ("Data", "Model", "Infrastructure", "Monitoring")
    assert all(sum(item.area == area for item in score.items) == 7 for area in score.areas)


@pytest.mark.parametrize(
    ("score", "meaning"),
    [
        (0, "a research project"),
        (0.5, "serious holes"),
        (1, "serious holes"),
        (1.5, "a first pass"),
        (2, "a first pass"),
        (3, "reasonably tested"),
        (3.5, "strong"),
        (5, "strong"),
        (5.5, "exceptional"),
        (7, "exceptional"),
    ],
)
def test_a_score_on_the_edge_belongs_to_the_lower_band(score: float, meaning: str) -> None:
    assert band(score) == meaning


@pytest.mark.parametrize("one", models(), ids=lambda one: one.key)
def test_every_item_is_shown_by_known_evidence_or_asked(one: Model) -> None:
    assert len({item.key for item in one.items}) == len(one.items)
    for item in one.items:
        assert bool(item.shows) != bool(item.ask), item.key
        assert set(item.shows) <= set(RULES), item.key
        assert item.says
        assert not item.ask or item.ask.endswith("?"), item.key


@pytest.mark.parametrize("one", models(), ids=lambda one: one.key)
def test_every_model_says_where_its_words_come_from(one: Model) -> None:
    assert one.url.startswith("https://")
    assert str(one.year) in one.edition
    assert one.misread


def test_every_level_above_the_lowest_asks_for_something() -> None:
    for one in models():
        if one.scale == "levels":
            asked = {item.level for item in one.items}
            assert asked == {level.number for level in one.levels[1:]}


def test_a_feature_store_is_optional_at_googles_level_1_and_not_at_level_2() -> None:
    items = [item for item in model("google").items if "feature_store" in item.shows]
    assert [(item.level, item.optional) for item in items] == [(1, True), (2, False)]


def test_a_team_is_as_mature_as_its_least_mature_part() -> None:
    assert lowest({"Data": 3, "Model": 0.5, "Infrastructure": 6}) == 0.5
    with pytest.raises(ValueError, match="one part or more"):
        lowest({})


def test_who_manages_releases_is_asked_in_microsofts_column_of_releases() -> None:
    owner = next(item for item in model("microsoft").items if item.key == "release-owner")
    assert (owner.area, owner.level, bool(owner.ask)) == ("Model release", 2, True)


def test_an_unknown_model_is_told_which_there_are() -> None:
    with pytest.raises(LookupError, match="there are google, microsoft, aws, ml_test_score"):
        model("gartner")
    assert [one.key for one in models()] == list(MODELS)


def test_the_three_words_name_evidence_and_a_question() -> None:
    assert [(word.before, word.after) for word in words()] == [
        ("manual", "autonomous"),
        ("siloed", "scalable"),
        ("unreliable", "resilient"),
    ]
    for word in words():
        assert set(word.shows) <= set(RULES)
        assert word.ask.endswith("?")
