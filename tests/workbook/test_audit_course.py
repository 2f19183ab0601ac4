"""The course audits itself: evidence for what it claims, and gaps where it has none."""

from pathlib import Path

import pytest

from workbook.audit import Audit, audit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def course() -> Audit:
    return audit(str(ROOT))


@pytest.mark.parametrize(
    "rule",
    [
        "tests",
        "ci_tests",
        "lock",
        "container",
        "data_versions",
        "data_contract",
        "feature_store",
        "feature_tests",
        "parity_test",
        "integration_test",
        "training_code",
        "reproducible_test",
        "tracking",
        "registry",
        "model_gate",
        "serving",
        "serving_tested",
        "canary",
        "rollback",
        "service_metrics",
        "drift_watch",
    ],
)
def test_what_the_course_claims_stands_in_a_file(course: Audit, rule: str) -> None:
    for evidence in course.evidence[rule]:
        assert (ROOT / evidence.path).is_file()
    assert course.evidence[rule]


@pytest.mark.parametrize("rule", ["model_release", "alerts", "template"])
def test_no_service_runs_behind_a_course_and_the_audit_says_so(course: Audit, rule: str) -> None:
    assert course.evidence[rule] == ()


def test_evidence_of_the_course_is_code_and_not_its_toy_repositories(course: Audit) -> None:
    places = {
        e.path for rule, found in course.evidence.items() if rule != "tests" for e in found
    }  # fmt: skip
    assert not any("near_misses" in place for place in places)
    assert "src/workbook/audit/stages.py" not in places
