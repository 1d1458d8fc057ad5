# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.cli import *
import re, subprocess, sys
import pytest
