# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.grammar import *
import inspect, re
import pytest
from neuralpha.core import NeuralphaError

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
