# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.grammar import *
import inspect, re
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import load_universe
from neuralpha.portfolio.policies import Quantiles

OWN_POLICY = """
from __future__ import annotations
from dataclasses import dataclass, field
import neuralpha as na

@dataclass(frozen=True)
class Half(na.Policy):
    base: na.Policy = na.Quantiles(5)
    share: float = 0.5

    def weights(self, scores, panel):
        return self.share * self.base.weights(scores, panel)

class NoData(na.Policy):
    pass

half = Half()
"""

def test_a_policy_of_ones_own_is_read_written_and_held(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/own.py").write_text(OWN_POLICY)
    line = "Capped(mine/own.py:Half(TopN(3), share=0.25), most=0.1)"
    both = "Netted(a.py:Top(3), a.py:TopN(4), to='b:c')"
    assert rename_own(both, lambda name: f"x/{name}") == "Netted(x/a.py:Top(3), x/a.py:TopN(4), to='b:c')"
    assert own_policies(line) == ["mine/own.py:Half"] and own_policies('Neutral(TopN(3), to="a:b")') == []
    policy = read_policy(line)
    assert write_policy(policy) == line and read_policy(line) == policy
    panel = load_universe("sim-tiny")
    scores = np.random.default_rng(0).standard_normal(panel.n_rows)
    half = read_policy("mine/own.py:Half").weights(scores, panel)
    np.testing.assert_array_equal(half, Quantiles(5).weights(scores, panel) / 2)

@pytest.mark.parametrize(
    "text, said",
    [
        ("own.py:half", "own.py:half is no policy"),
        ("own.py:NoData()", "own.py:NoData is no policy: write a dataclass"),
        ("own.py:Halve()", "Unknown policy in own.py: 'Halve'. Did you mean 'Half'"),
        ("lost.py:Half()", "lost.py: no such file"),
        ("own.py:Half(shares=1)", "Half takes base, share"),
        ("own.py:Half(5)", "Half takes no 5 as base"),
        ("own.py:Half(", "is no policy"),
    ],
)
def test_what_is_no_policy_of_ones_own_is_said(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN_POLICY)
    with pytest.raises(NeuralphaError, match=re.escape(said)):
        read_policy(text)

def test_a_line_means_the_policy_that_python_would_make():
    from neuralpha.portfolio.policies import Capped, Neutral, Quantiles, RankWeights

    assert read_policy("Quantiles(5)") == Quantiles(5) and read_policy("RankWeights") == RankWeights()
    line = 'Capped(Neutral(RankWeights(), to="sector"), most=0.02)'
    assert read_policy(line) == Capped(Neutral(RankWeights(), to="sector"), most=0.02)

@pytest.mark.parametrize(
    "text, said",
    [
        ("Quantile(5)", "Did you mean 'Quantiles'"),
        ("Quantiles(cuont=5)", "Quantiles takes count, long_only"),
        ("Quantiles(", "is no policy"),
        ("5", "is no policy"),
        ("__import__('os').system('true')", "is no policy"),
        ("TopN(**{'count': 3})", "is no policy"),
        ("Breaker(5)", "Breaker takes no 5 as base; give for example Quantiles(5)"),
        ("MeanVariance(limits=0.02)", "MeanVariance takes no 0.02 as limits; give for example Limits(most=0.02)"),
        ("Quantiles(Limits())", "as count; give for example 5"),
        ("Capped(Limits())", "as base"),
        ("Quantiles('5')", "Quantiles count is '5'; it must be a whole number"),
        ("TopN(1.5)", "TopN count is 1.5; it must be a whole number"),
        ("Capped(Band('a', 0.1))", "Band enter is 'a'; it must be a number"),
        ("Quantiles(5, long_only=1)", "Quantiles long_only is 1; it must be True or False"),
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(text, said):
    with pytest.raises(NeuralphaError, match=re.escape(said)):
        read_policy(text)

@pytest.mark.parametrize(
    "text",
    [
        "Quantiles(5)",
        "Quantiles(5, long_only=True)",
        "Quantiles(3)",
        "RankWeights()",
        "TopN(20)",
        "Capped(Neutral(RankWeights(), to='market'), most=0.01)",
        "Breaker(VolatilityTarget(Quantiles(10)), pause=7)",
        "MeanVariance(2.0, limits=Limits(most=0.02, sectors=True), every=1)",
    ],
)
def test_a_policy_is_written_as_it_was_typed(text):
    assert write_policy(read_policy(text)) == text

def test_every_policy_is_read_again_as_it_was_written():
    for name, kind in known_policies().items():
        needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
        given = {p.name: "RankWeights()" if p.name == "base" else "3" for p in needed}
        policy = read_policy(f"{name}({', '.join(f'{key}={value}' for key, value in given.items())})")
        assert read_policy(write_policy(policy)) == policy
