# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.dialects import *
import collections, tempfile
from pathlib import Path
import numpy as np
import pytest

def wrong_readings(seeds, without_digits=(), **how):
    """Verdicts by count, and every file that was read wrong."""
    verdicts = collections.Counter()
    wrong = []
    for seed in seeds:
        dialect = random_dialect(np.random.default_rng([7, seed]), seed)
        if dialect.digits in without_digits:
            continue
        with tempfile.TemporaryDirectory() as folder:
            outcome = read_dialect(dialect, Path(folder), **how)
        verdicts[outcome.verdict] += 1
        if outcome.verdict == "wrong":
            wrong.append((seed, outcome, dialect))
    return verdicts, wrong

def any_dialect():
    """A strategy that answers every question."""
    from hypothesis import strategies as st

    return st.builds(
        Dialect, seed=st.integers(0, 999), **{k: st.sampled_from(list(dict.fromkeys(v))) for k, v in CHOICES.items()}
    )

def test_no_dialect_is_read_wrong():
    from hypothesis import HealthCheck, given, settings

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(any_dialect())
    def holds(dialect):
        with tempfile.TemporaryDirectory() as folder:
            assert read_dialect(dialect, Path(folder)).verdict != "wrong"

    holds()

OPEN = {"adjust", "decimal", "thousands", "date_format", "encoding"}  # questions that a file may leave open for good

def test_who_follows_the_first_proposal_of_every_refusal_reads_nearly_everything():
    verdicts, wrong = wrong_readings(range(40), steps=6)
    assert verdicts["right"] >= 36 and len(wrong) <= 2 and all(OPEN & set(outcome.options) for _, outcome, _ in wrong)

@pytest.mark.parametrize(
    "contrary",
    [
        dict(decimal=","),
        dict(decimal="."),
        dict(thousands=","),
        dict(thousands="."),
        dict(date_unit="s"),
        dict(encoding="utf-8"),
    ],
)
def test_a_word_that_the_file_refutes_reads_nothing_wrong(contrary):
    verdicts, wrong = wrong_readings(
        range(100, 118), (3,), knows=True, contrary=contrary
    )  # three digits refute no mark
    assert not wrong and verdicts["refused"] > 2

@pytest.mark.slow
@pytest.mark.parametrize("how", [dict(), dict(knows=True)])
def test_none_of_two_thousand_dialects_is_read_wrong(how):
    verdicts, wrong = wrong_readings(range(1000, 3000), **how)
    assert not wrong and verdicts["right"] > (1300 if how else 900)
