# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.fit import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.bench import open_bench
from neuralpha.study.spec import make_study
from neuralpha.study.units import UnitStore
