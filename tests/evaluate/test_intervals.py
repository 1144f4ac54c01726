"""Shares, intervals, and paired differences agree with published figures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluate.intervals import Paired, Share, paired, share_of


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.000, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.000), (82, 100, 0.733, 0.883)],
)
def test_wilson_agrees_with_published_tables(hits, total, low, high):
    """Wilson's interval is what tables say, at the edges too."""
    assert pytest.approx((low, high), abs=0.001) == Share(hits=hits, total=total).wilson()


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (4, 20, 0.0573, 0.4366),
        (10, 10, 0.6915, 1.0),
        (81, 263, 0.2527, 0.3676),  # the example of Newcombe 1998: exact limits .2527 and .3676
    ],
)
def test_clopper_pearson_agrees_with_published_tables(hits, total, low, high):
    """The exact interval is what tables say."""
    assert pytest.approx((low, high), abs=0.0001) == Share(hits=hits, total=total).clopper_pearson()


@pytest.mark.parametrize(
    ("hits", "total", "method"),
    [(0, 1000, "clopper-pearson"), (9, 100, "clopper-pearson"), (91, 100, "clopper-pearson"),
     (10, 20, "wilson"), (10, 100, "wilson"), (90, 100, "wilson"), (0, 0, "clopper-pearson")],
)  # fmt: skip
def test_few_hits_or_misses_get_the_exact_interval(hits, total, method):
    """Fewer than ten hits or misses are too few for an approximation."""
    assert method == Share(hits=hits, total=total).method
    assert Share(hits=hits, total=total).as_json()["interval"] == method


def test_nothing_seen_has_an_upper_bound():
    """The rule of three, exactly: none of 300 is at most 1 % (0.99 %) at 95 %."""
    assert pytest.approx(1 - 0.05 ** (1 / 300)) == Share(hits=0, total=300).upper_bound()
    assert Share(hits=0, total=0).upper_bound() == 1.0


def test_nothing_counted_says_nothing():
    """An empty share is not a number, its interval is everything, and JSON says null."""
    empty = Share(hits=0, total=0)
    assert math.isnan(empty.value)
    assert empty.interval() == (0.0, 1.0)
    assert empty.as_json()["share"] is None


@settings(deadline=None)
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_mirrors(pair):
    """Every interval lies in [0, 1] around the share, and hits mirror misses."""
    hits, total = pair
    for interval in (Share.wilson, Share.clopper_pearson):
        low, high = interval(Share(hits=hits, total=total))
        assert 0 <= low <= hits / total + 1e-9
        assert hits / total - 1e-9 <= high <= 1
        mirrored = interval(Share(hits=total - hits, total=total))
        assert pytest.approx((1 - high, 1 - low), abs=1e-9) == mirrored


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (0, 10, 0.001953125), (9, 3, 0.1459960938), (7, 7, 1.0)],
)
def test_mcnemar_is_the_binomial_test(only_first, only_second, p):
    """The exact p is twice the tail of a fair coin over the pairs that differ, at most 1."""
    pair = Paired(both=100, only_first=only_first, only_second=only_second, neither=3)
    assert pytest.approx(p, rel=1e-6) == pair.mcnemar()


def test_a_difference_has_its_interval():
    """Agresti and Min's interval: half a pair in each cell; zero lies within when nothing differs."""
    pair = paired([True] * 8 + [False] * 2, [True] * 6 + [False] * 2 + [True, True])
    assert (pair.both, pair.only_first, pair.only_second, pair.neither) == (6, 2, 2, 0)
    assert pair.difference == 0
    low, high = pair.interval()
    half = 1.959964 * math.sqrt(5.0) / 12
    assert pytest.approx((-half, half), abs=1e-6) == (low, high)


def test_shares_add_up():
    """Shares of two places make the share of both."""
    assert Share(hits=3, total=5) == share_of([True, True, False]) + Share(hits=1, total=2)
