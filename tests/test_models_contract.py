# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.contract import *
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import Estimator
from neuralpha.models.linear import Ridge
from neuralpha.models.nets import MLP, MLPNet, Net

def test_models_that_keep_the_contract_pass_and_are_left_as_they_were():
    for model in (Ridge(), MLP(max_epochs=1)):
        before = dict(vars(model))
        assert check_model(model)[0] == "Every parameter says what it allows."
        assert vars(model) == before

@dataclass(kw_only=True, repr=False, eq=False)
class Straight(Net):
    """A net with nothing to drop."""

    name: ClassVar[str] = "straight"

    def build(self, n_features, outputs):
        return MLPNet(n_features, (), outputs)

def test_a_net_without_dropout_has_no_such_parameter_and_keeps_the_contract():
    model = Straight(max_epochs=1)
    assert not {"dropout"} & (set(model.all_limits()) | set(model.space) | set(model.get_params()))
    assert len(check_model(model)) == len(PROMISES)

class WithoutGrid(Straight):
    def build(self, n_features, outputs):
        class Narrow(MLPNet):
            def forward(self, x):
                return super().forward(x)

        return Narrow(n_features, (), outputs)

def test_a_net_that_cannot_be_called_with_a_grid_is_one_clear_sentence():
    with pytest.raises(NeuralphaError) as refused:
        check_model(WithoutGrid(max_epochs=1))
    said = str(refused.value)
    assert said.count("Narrow has forward(x) and is called as net(x, grid)") == 1 and "TypeError" not in said

class Broken:
    """One fault each, on a line that keeps its promises."""

    class Unlimited(Ridge):
        def all_limits(self):
            return {k: v for k, v in super().all_limits().items() if k != "alpha"} | {"dropout": "[0, 1)"}

    class Shameless(Ridge):
        def all_limits(self):
            return super().all_limits() | {"seed": "[-5, inf)"}

    class Outside(Ridge):
        space = {"alpha": ("log", -1.0, 1.0)}

    class Constant(Ridge):
        def _predict(self, view):
            return np.zeros(len(view.rows))

    class Restless(Ridge):
        def _fit(self, view, target, valid):
            super()._fit(view, target, valid)
            self.coef_ = self.coef_ + np.random.default_rng().normal(size=len(self.coef_)).astype(np.float32)

    class Deaf(Ridge):
        stochastic = True

    class Uncounted(Ridge):
        def _count(self):
            return 0

    class Forgetful(Ridge):
        def _load(self, folder):
            super()._load(folder)
            self.coef_ = 2 * self.coef_

    class Pickled(Ridge):
        def _save(self, folder):
            super()._save(folder)
            (folder / "model.pkl").write_text("")

    class Liar(Ridge):
        def probe(self, X):
            self.intercept_ += 1
            return super().probe(X)

FAULTS = {
    Broken.Unlimited: "'alpha' has no entry in `limits`, `limits` names 'dropout', which is no parameter",
    Broken.Shameless: "'seed' takes any value",
    Broken.Outside: "space that tuning searches lies inside the limits: NeuralphaError",
    Broken.Constant: "all scores are equal",
    Broken.Restless: "a second fit scores otherwise",
    Broken.Deaf: "another seed scores alike",
    Broken.Uncounted: "n_parameters is 0",
    Broken.Forgetful: "the loaded model scores otherwise",
    Broken.Pickled: "model.pkl is neither",
    Broken.Liar: "scores differ by 1",
}

@pytest.mark.parametrize("cls, said", FAULTS.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_every_broken_promise_is_named(cls, said):
    with pytest.raises(NeuralphaError) as error:
        check_model(cls())
    assert said in str(error.value), str(error.value)
