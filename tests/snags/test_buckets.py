from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snags import buckets

YEAR = 364 * 24 * 60
times = st.lists(st.floats(min_value=1, max_value=YEAR - 1), min_size=1, max_size=200)


def total(minutes):
    return sum(buckets.packed(buckets.bucket_of(m)) for m in minutes)


def exact(minutes, share):
    return sorted(minutes)[max(1, ceil(share * len(minutes))) - 1]


@given(times, st.sampled_from([0.1, 0.25, 0.5, 0.9, 0.95, 1.0]))
def test_any_percentile_is_within_the_stated_error(minutes, share):
    wanted = exact(minutes, share)

    found = buckets.percentile(total(minutes), share)

    assert abs(found - wanted) <= buckets.ERROR * wanted * (1 + 1e-9)


@given(times, times)
def test_adding_the_numbers_adds_the_counts(some, others):
    summed = buckets.counts_of(total(some) + total(others))

    assert summed == buckets.counts_of(total(some + others))
    assert sum(summed) == len(some) + len(others)


def test_the_stated_error_is_nine_percent():
    assert round(buckets.ERROR, 3) == 0.091


@pytest.mark.parametrize(
    ("minutes", "bucket"),
    [(0, 0), (0.99, 0), (1, 1), (2, 5), (2**19, 77), (10**7, 77)],
)
def test_edges_belong_to_the_bucket_they_begin(minutes, bucket):
    assert buckets.bucket_of(minutes) == bucket


def test_nothing_has_no_median():
    assert buckets.median(0) is None


def test_what_took_no_time_or_years_is_said_as_far_as_it_is_known():
    assert buckets.median(total([0.1])) == 0.5
    assert buckets.median(total([10**7])) == 2**19
