"""Chapter 00."""

import numpy as np


def starter_share(arr_delay):
    return (arr_delay >= 30).mean()


def missing_as_late(arr_delay):
    return (~(arr_delay < 30)).mean()


def strictly_more(arr_delay):
    return (arr_delay.dropna() > 30).mean()


def count(arr_delay):
    return (arr_delay >= 30).sum()


def percentage(arr_delay):
    return (arr_delay.dropna() >= 30).mean() * 100


def one_for_missing_is_zero(arr_delay):
    return (arr_delay.fillna(0) >= 30).mean()


def learned_by_heart(arr_delay):
    return 0.5


def forgot_to_return(arr_delay):
    (arr_delay.dropna() >= 30).mean()


def returns_the_column(arr_delay):
    return arr_delay.dropna() >= 30


def with_counts(arr_delay):
    return (arr_delay >= 30).sum() / arr_delay.notna().sum()


def with_numpy(arr_delay):
    values = np.asarray(arr_delay, dtype=float)
    return np.mean(values[~np.isnan(values)] >= 30)


def with_a_loop(arr_delay):
    landed = [delay for delay in arr_delay if delay == delay]
    return sum(delay >= 30 for delay in landed) / len(landed)


NEAR_MISSES = {
    "0.1": [
        ("flew-only", 328_521),
        ("arrived-only", 327_346),
        ("cells-not-rows", 336_776 * 23),
        ("columns-not-rows", 23),
        ("not-all-rows", 3_844),
        ("wrong-type", "336,776"),
        ("not-a-value", len),
    ],
    "0.2": [
        ("missing-counts-as-on-time", starter_share),
        ("missing-counts-as-on-time", one_for_missing_is_zero),
        ("missing-counts-as-late", missing_as_late),
        ("exactly-30", strictly_more),
        ("early-counts-as-late", lambda delays: (delays.dropna().abs() >= 30).mean()),
        ("early-left-out", lambda delays: (delays[delays > 0] >= 30).mean()),
        ("count-not-share", count),
        ("percent-not-share", percentage),
        ("other-share", learned_by_heart),
        ("returns-none", forgot_to_return),
        ("wrong-type", returns_the_column),
        ("not-a-function", 0.161),
    ],
}

ALTERNATIVES = {
    "0.1": [336_776.0, np.int64(336_776)],
    "0.2": [with_counts, with_numpy, with_a_loop],
}
