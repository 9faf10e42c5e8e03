from datetime import UTC, datetime, timedelta, timezone

import pytest

from changes.digest import canonical, instant, sha256_of
from changes.risk import Facts, higher, score

CALM = {
    "serves_business": False,
    "outage_minutes": 0,
    "package_class": "patch",
    "is_rehearsed": True,
    "is_critical": False,
    "has_precedent": True,
    "failed_lately": False,
    "is_before_freeze": False,
}


def test_the_text_of_a_change_is_the_same_whatever_the_order_it_was_written_in():
    one = canonical({"title": "Größe", "risk": "low"})

    assert one == canonical({"risk": "low", "title": "Größe"})
    assert one == '{"risk":"low","title":"Größe"}'.encode()


def test_the_digest_can_be_computed_by_anybody():
    # printf '{"risk":"low"}' | sha256sum
    assert sha256_of({"risk": "low"}) == (
        "7c05d2d17272d1b5e6236bfc886df2e82083ff89683958bec8d83ee493fa9c29"
    )


def test_an_instant_is_written_in_utc_to_the_microsecond():
    at = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=1)))

    assert instant(at) == "2026-03-02T09:00:00.000000Z"
    assert instant(at) == instant(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    assert instant(None) is None


@pytest.mark.parametrize(
    ("fact", "points"),
    [
        ({}, 0),
        ({"serves_business": True}, 2),
        ({"outage_minutes": 1}, 1),
        ({"outage_minutes": 60}, 1),
        ({"outage_minutes": 61}, 2),
        ({"package_class": "statutory"}, 0),
        ({"package_class": "minor"}, 1),
        ({"package_class": "major"}, 3),
        ({"package_class": "data"}, 3),
        ({"is_rehearsed": False}, 3),
        ({"is_critical": True}, 2),
        ({"has_precedent": False}, 1),
        ({"failed_lately": True}, 2),
        ({"is_before_freeze": True}, 1),
    ],
)
def test_every_fact_counts_what_the_design_says(fact, points):
    found = score(Facts(**{**CALM, **fact}))

    assert found.total == points
    assert len(found.points) == (1 if points else 0)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"serves_business": True, "outage_minutes": 90}, "low"),  # 4
        ({"serves_business": True, "is_rehearsed": False}, "medium"),  # 5
        (
            {"package_class": "major", "is_rehearsed": False, "is_critical": True},
            "medium",
        ),
        (
            {
                "package_class": "major",
                "is_rehearsed": False,
                "is_critical": True,
                "has_precedent": False,
            },
            "high",
        ),
    ],
)
def test_the_points_come_to_a_level(facts, level):
    assert score(Facts(**{**CALM, **facts})).level == level


def test_the_risk_is_the_higher_of_two():
    assert higher("low", "high") == "high"
    assert higher("medium", "low") == "medium"
    assert higher("low", "") == "low"
