"""Models of this project: what scores a row from its features.

A model is a dataclass whose fields are its parameters. This one is a linear score, so it writes nothing but its
coefficients; the guide "Your own model" shows models and nets that write more.
"""

from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from neuralpha.models.linear import Linear


@dataclass(kw_only=True, repr=False, eq=False)
class EachAlone(Linear):
    """Each feature counts by its own correlation with the target, as if there were no other."""

    power: float = 1.0  # of the correlation: the larger, the more the strongest features count
    name: ClassVar[str] = "eachalone"
    limits: ClassVar[dict] = {"power": "(0, inf)"}

    def _path(self, x, target):  # x: standardised features, (rows, features)
        correlation = x.T @ (target - target.mean()) / (len(x) * target.std())
        coefficients = np.sign(correlation) * np.abs(correlation) ** self.power
        return [({"power": self.power}, coefficients, 0.0)]  # what was chosen, coefficients, intercept


MODELS = [EachAlone]
