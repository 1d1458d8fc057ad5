"""Models of this project: what scores a row from its features.

A model is a dataclass with two methods. Its fields are its parameters, what is learnt ends in an underscore, and `seed`
is there already. `view.values` is (rows, features), `target` one number per row. What more a model may do, and how a
net is written, is in the guide "Your own model".
"""

from dataclasses import dataclass
from typing import ClassVar
from sklearn.ensemble import HistGradientBoostingRegressor
from neuralpha.models.base import Estimator


@dataclass(kw_only=True, repr=False, eq=False)
class Boosted(Estimator):
    """Histogram gradient boosting of scikit-learn."""

    n_trees: int = 60
    learning_rate: float = 0.05
    name: ClassVar[str] = "boosted"
    limits: ClassVar[dict] = {"n_trees": "[1, inf)", "learning_rate": "(0, 1]"}

    def _fit(self, view, target, valid):
        model = HistGradientBoostingRegressor(
            max_iter=self.n_trees, learning_rate=self.learning_rate, random_state=self.seed
        )
        self.model_ = model.fit(view.values, target)

    def _predict(self, view):
        return self.model_.predict(view.values)
