# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.worth import *
import pytest

from neuralpha.core import NeuralphaError

def test_costs_are_a_preset_or_a_half_spread():
    from neuralpha.report.worth import _read_costs

    assert _read_costs("3.5").half_spread_bps == 3.5 and _read_costs("classic").commission_bps == 1.8
    with pytest.raises(NeuralphaError, match="Did you mean 'classic'"):
        _read_costs("clasic")
