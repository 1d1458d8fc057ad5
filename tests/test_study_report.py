# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.report import *
import numpy as np
import pandas as pd
import pytest
