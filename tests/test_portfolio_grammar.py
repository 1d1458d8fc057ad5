# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.grammar import *
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
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(text, said):
    with pytest.raises(NeuralphaError, match=said.replace("(", "\\(")):
        read_policy(text)
