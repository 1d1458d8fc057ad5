# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.batches import *
import numpy as np
import pytest
import torch
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.losses import grid_of
from neuralpha.models.training.config import Training
from neuralpha.models.training.resident import Resident

def test_batches_are_whole_dates_once_each():
    date = np.repeat(np.arange(30), np.random.default_rng(0).integers(5, 40, 30))
    for by in ("date", "whole"):
        batches = epoch_batches(date, np.random.default_rng(1), 64, by=by)
        assert (np.sort(np.concatenate(batches)) == np.arange(len(date))).all()
        assert all(np.isin(np.flatnonzero(np.isin(date, date[b])), b).all() for b in batches)
        assert max(map(len, batches)) <= 80
    assert len(np.unique(date[np.concatenate(epoch_batches(date, np.random.default_rng(1), 64, share=0.5))])) == 15

def test_a_large_date_is_cut_unless_it_must_stay_whole():
    date = np.repeat([0, 1], 1000)
    cut = epoch_batches(date, np.random.default_rng(0), 256)
    assert len(cut) == 8 and all(len(np.unique(date[b])) == 1 and len(b) == 250 for b in cut)
    assert [len(b) for b in epoch_batches(date, np.random.default_rng(0), 256, by="whole")] == [1000, 1000]

@pytest.mark.parametrize("by", ["date", "whole"])
def test_a_row_that_is_alone_on_its_date_goes_with_another_batch(by):
    date = np.repeat(np.arange(12), [1] * 6 + [30] * 6)
    for seed in range(20):  # dates in many orders: alone in front, in the middle and at the end
        batches = epoch_batches(date, np.random.default_rng(seed), 24, by=by)
        assert (np.sort(np.concatenate(batches)) == np.arange(len(date))).all()
        assert min(map(len, batches)) > 1 and max(map(len, batches)) <= 32  # joined with no more than one date
        for b in batches:
            assert len(np.unique(date[b])) == 1 + np.count_nonzero(np.diff(date[b]))  # rows stand date by date
    assert [len(b) for b in epoch_batches(date[:1], np.random.default_rng(0), 24, by=by)] == [1]

def test_spans_are_consecutive_and_rows_are_blocks():
    date = np.repeat(np.arange(40), 10)
    for b in epoch_batches(date, np.random.default_rng(0), 50, by="span"):
        assert (np.diff(np.unique(date[b])) == 1).all() and len(np.unique(date[b])) >= 10
    (one,) = epoch_batches(date[:150], np.random.default_rng(0), 50, by="span")  # fewer dates than a span
    assert len(one) == 150
    rows = epoch_batches(date, np.random.default_rng(0), 50, by="row")
    assert [len(b) for b in rows] == [50] * 8 and len(np.unique(np.concatenate(rows))) == 400

def test_a_net_across_assets_sees_whole_dates():
    class Alone:
        across_assets = False

    class Across:
        across_assets = True

    got = {loss: [batching(Training(loss=loss), net) for net in (Alone, Across)] for loss in ("ic", "mse", "sharpe")}
    assert got == {"ic": ["date", "whole"], "mse": ["row", "whole"], "sharpe": ["span", "span"]}

def test_places_are_lines_of_dates_and_in_spans_columns_of_assets():
    date, asset = np.array([7, 7, 7, 8, 8]), np.array([0, 1, 4, 1, 4])
    said = {
        by: (p.place.tolist(), p.dates, p.places)
        for by in ("date", "span", "row")
        for p in [grid_places(date, asset, by)]
    }
    assert said == {"date": ([0, 1, 2, 3, 4], 2, 3), "span": ([0, 1, 2, 4, 5], 2, 3), "row": ([0, 1, 2, 3, 4], 1, 5)}

def test_blocks_hold_every_row_once_and_no_date_in_two():
    date = np.random.default_rng(0).integers(0, 30, 1000)
    blocks = date_blocks(date, 100)
    assert (np.sort(np.concatenate(blocks)) == np.arange(1000)).all()
    assert sum(len(np.unique(date[b])) for b in blocks) == 30 and max(map(len, blocks)) <= 100
    assert [len(b) for b in date_blocks(np.zeros(500, int), 100)] == [500]  # a date is never cut

def test_a_batchs_grid_is_the_sorted_one():
    X, y, fold = toy_problem(9, 60)
    part = FoldPart(Resident(X, 1, *feature_scale(X.view(fold.train))), fold.train, y.target("rank")[fold.train])
    batch = np.concatenate([np.flatnonzero(part.date == d)[:n] for d, n in ((3, 9), (7, 5), (12, 9))])
    ((_, _, ours),) = part.batches([batch], "date")
    known = grid_of(part.date[batch])
    assert torch.equal(ours.position, known.position) and (ours.dates, ours.places) == (known.dates, known.places)

@pytest.mark.parametrize("ahead", [1, 3, 16])
def test_a_batch_is_its_rows_however_many_are_sent_at_once(ahead):
    X, y, fold = toy_problem(9, 60)
    t = y.target("rank")
    rows = np.random.default_rng(0).permutation(fold.train)
    part = FoldPart(Resident(X, 1, *feature_scale(X.view(fold.train))), rows, t[rows])
    np.testing.assert_array_equal(part.target.numpy(), t[part.rows])
    assert (np.diff(part.date) >= 0).all()
    batches = epoch_batches(part.date, np.random.default_rng(0), 30)
    got = list(part.batches(batches, "date", ahead))
    assert len(got) == len(batches) > 3
    for batch, known in zip(got, batches):
        assert torch.equal(batch.at, part.at[known]) and torch.equal(batch.target, part.target[known])
