# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.point_in_time.events import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.point_in_time.events import _trailing

POSTS = pd.DataFrame(
    {
        "asset": ["A", "A", "B", "A", "X"],
        "text": [
            "great results today",
            "great results today",
            "very weak outlook",
            "awful, a total loss",
            "who is this",
        ],
        "created_at": pd.to_datetime(
            ["2014-03-07 15:00", "2014-03-07 20:30", "2014-03-07 21:30", "2014-03-10 14:00", "2014-03-10 14:00"],
            utc=True,
        ),
        "likes": [3, 5, 0, 8, 1],
    }
)

@pytest.mark.parametrize(
    "table, message",
    [
        (POSTS.drop(columns="asset"), "'asset' is missing"),
        (POSTS.drop(columns="created_at"), "has none"),
        (POSTS.assign(known_on=1), "created_at, known_on"),
        (POSTS.iloc[:0], "no rows"),
        (POSTS.assign(source=[1, "a", 2, "b", 3]), "'source' mixes"),
        (pd.concat([POSTS, POSTS.likes], axis=1), "more than once"),
    ],
)
def test_tables_that_are_no_events_are_refused(table, message):
    with pytest.raises(NeuralphaError, match=message):
        infer_schema(table)

def test_schema_is_inferred_and_held_to():
    schema = infer_schema(POSTS.assign(source="wire"))
    assert schema["kind"].to_dict() == {
        "asset": "asset",
        "text": "text",
        "created_at": "time",
        "likes": "number",
        "source": "category",
    }
    check_schema(POSTS.assign(source="web"), schema)
    for table, message in [
        (POSTS, "source"),
        (POSTS.assign(source=1.0), "'source' is now a number"),
        (POSTS.assign(source="w", extra=1), "'extra' is not in"),
    ]:
        with pytest.raises(NeuralphaError, match=message):
            check_schema(table, schema)

def test_sentiment_has_a_sign_and_a_gap():
    s = sentiment(["great results, love it", "awful, a total loss", "the", "", None])
    assert s[0] > 0.5 and s[1] < -0.5 and s[2] == 0 and np.isnan(s[3:]).all()

def test_novelty_by_hand():
    texts = ["profit up", "profit up", "profit down", "new plant", "profit up", "profit up"]
    n = novelty(texts, list("AAAAAB"), [0, 0, 1, 1, 7, 7], memory=5)
    # two words each: one in common gives a cosine of 1/2; bar 7 is more than five bars after bar 1; B has no past
    np.testing.assert_allclose(n, [1, 0, 0.5, 1, 1, 1], atol=1e-9)

def test_novelty_equals_a_loop_over_pairs():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 3)).replace(" ", "x ") + "x" for _ in range(120)]
    asset = rng.choice(list("AB"), 120)
    bar = np.sort(rng.integers(0, 20, 120))
    bags = [set(t.split()) for t in texts]

    def cosine(i, j):
        return len(bags[i] & bags[j]) / np.sqrt(len(bags[i]) * len(bags[j]))

    brute = [
        1 - max((cosine(i, j) for j in range(i) if asset[j] == asset[i] and bar[i] - bar[j] <= 3), default=0)
        for i in range(120)
    ]
    np.testing.assert_allclose(novelty(texts, asset, bar, memory=3), brute, atol=1e-9)

DAYS = pd.to_datetime(["2014-03-06", "2014-03-07", "2014-03-10", "2014-03-11"])

PANEL = panel_from_frame(
    pd.DataFrame([(d, a, 1.0) for d in DAYS for a in "AB"], columns=["date", "asset", "close"]), "two"
)

def test_features_by_hand():
    j = event_features(PANEL, POSTS, "post", window=2)
    f = {k: v.reshape(2, 4) for k, v in j.fields.items()}  # A then B, four days
    np.testing.assert_allclose(
        f["post_attention"], [[np.nan, np.log(3), np.log(2), 0], [np.nan, np.nan, np.log(2), 0]], rtol=1e-6
    )
    np.testing.assert_allclose(
        f["post_attention_surprise"][0],
        [np.nan, np.nan, np.log(2) - np.log(3), -(np.log(3) + np.log(2)) / 2],
        rtol=1e-5,
    )
    np.testing.assert_allclose(f["post_likes"], [[np.nan, 4, 8, np.nan], [np.nan, np.nan, 0, np.nan]])
    np.testing.assert_allclose(f["post_likes_recent"][0], [np.nan, 4, 16 / 3, 8])
    np.testing.assert_allclose(f["post_likes_surprise"][0], [np.nan, np.nan, 4, np.nan])
    np.testing.assert_allclose(f["post_likes_dispersion"][0], [np.nan, np.sqrt(2), np.nan, np.nan], rtol=1e-6)
    np.testing.assert_allclose(f["post_novelty"][0], [np.nan, 0.5, 1, np.nan], atol=1e-6)
    assert f["post_sentiment"][0, 1] > 0.5 and f["post_sentiment"][0, 2] < -0.5
    assert list(j.about.index) == list(j.fields) and set(j.about["lookback"]) == {0, 1, 2}

def test_counters_by_hand():
    table = pd.concat([POSTS.iloc[[3, 0, 1, 2, 4]], POSTS.iloc[[1]]], ignore_index=True)
    table.loc[len(table)] = ["A", "too early", pd.Timestamp("2013-01-02 15:00", tz="UTC"), 1]
    table.loc[len(table)] = ["A", "no time", pd.NaT, 1]
    table["received_at"] = table["created_at"]
    table.loc[1, "received_at"] = pd.Timestamp("2014-03-10 22:00", tz="UTC")
    j = event_features(PANEL, table, "post")
    rows = j.quality["rows"].to_dict()
    # out of order: three that come after the 10th though they are older, the repeated one, and the one of 2013
    assert rows == {
        "no time": 1,
        "duplicate": 1,
        "unknown asset": 1,
        "outside the panel": 1,
        "out of order": 4,
        "late": 1,
        "after the close": 2,
    }
    np.testing.assert_allclose(j.fields["post_attention"][:4], [np.nan, np.log(2), np.log(2), np.log(2)], rtol=1e-6)
    assert j.quality.loc["late", "first"].startswith("A at 2014-03-07")

def test_an_intraday_event_counts_for_the_bar_that_closes_after_it():
    dates = pd.DatetimeIndex([f"2024-01-0{d} {t}" for d in (2, 3) for t in ("10:30", "15:30", "16:00")])
    bars = panel_from_frame(pd.DataFrame({"date": dates, "asset": "A", "close": 1.0}), "bars")
    late = pd.DataFrame({"asset": "A", "created_at": [pd.Timestamp("2024-01-02 15:45", tz="Asia/Tokyo")], "score": 5.0})
    j = event_features(bars, late, "n", calendar=None, tz="Asia/Tokyo")
    np.testing.assert_array_equal(j.fields["n_score"], np.float32([np.nan, np.nan, 5, np.nan, np.nan, np.nan]))
    assert set(j.about["known_on"]) == {"events public by the bar's close (Asia/Tokyo)"}
    for how in (dict(), dict(calendar=None)):
        with pytest.raises(NeuralphaError, match="calendar=None and tz="):
            event_features(bars, late, "n", **how)
    with pytest.raises(NeuralphaError, match="lead='15 foo' .*'15min'"):
        event_features(PANEL, POSTS, lead="15 foo")

def test_the_future_does_not_change_the_past():
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2014-02-03", periods=40)
    days = days[days != "2014-02-17"]
    panel = panel_from_frame(
        pd.DataFrame([(d, a, 1.0) for d in days for a in "ABC"], columns=["date", "asset", "close"])
    )
    times = pd.Timestamp("2014-02-03", tz="UTC") + pd.to_timedelta(np.sort(rng.integers(0, 50 * 86400, 600)), unit="s")
    events = pd.DataFrame(
        {
            "asset": rng.choice(list("ABC"), 600),
            "created_at": times,
            "rating": rng.normal(size=600),
            "text": [" ".join(rng.choice("good bad up down great poor plant sale".split(), 4)) for _ in range(600)],
        }
    )
    cut = pd.Timestamp("2014-03-12 20:00", tz="UTC")  # the close of 12 March
    whole = event_features(panel, events, window=5)
    part = event_features(panel, events[events.created_at <= cut], window=5)
    seen = panel.dates[panel.date_code] <= np.datetime64("2014-03-12")
    for k in whole.fields:
        np.testing.assert_array_equal(whole.fields[k][seen], part.fields[k][seen])
    assert any(
        (np.nan_to_num(whole.fields[k][~seen]) != np.nan_to_num(part.fields[k][~seen])).any() for k in whole.fields
    )

def test_numbers_equal_a_loop_over_rows():
    rng = np.random.default_rng(2)
    days = pd.bdate_range("2014-05-27", periods=25)
    panel = panel_from_frame(
        pd.DataFrame([(d, a, 1.0) for d in days for a in "AB"], columns=["date", "asset", "close"])
    )
    noon = pd.Timedelta(hours=15)
    events = pd.DataFrame(
        {
            "asset": rng.choice(list("AB"), 80),
            "timestamp": (pd.DatetimeIndex(rng.choice(days, 80)) + noon).tz_localize("UTC"),
            "x": rng.normal(size=80),
        }
    ).sort_values("timestamp", ignore_index=True)
    j = event_features(panel, events, window=4)
    for i, (d, a) in enumerate(panel.index):

        def before(n, skip=0):
            return events[
                (events.asset == a)
                & events.timestamp.dt.tz_convert(None)
                .dt.normalize()
                .isin(days[max(days.get_loc(d) - n - skip + 1, 0) : days.get_loc(d) + 1 - skip])
            ].x

        today = before(1)
        past = before(4, 1)
        for k, v in {
            "x": today.mean(),
            "x_recent": before(4).mean(),
            "x_surprise": today.mean() - past.mean(),
            "x_dispersion": today.std(),
        }.items():
            np.testing.assert_allclose(j.fields[f"event_{k}"][i], v, rtol=1e-4, atol=1e-6)
