# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.dialects import *
import collections, tempfile
from pathlib import Path
import numpy as np
import pytest
