# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks import *
import datetime as dt
import os
from pathlib import Path
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.tables import canonical
