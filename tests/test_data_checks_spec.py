# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.spec import *
import datetime as dt
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.checks.planted import CLEAN, PLANTED, check_frame
from neuralpha.data.checks.rules import CHECKS

@pytest.mark.parametrize(
    "spec, message",
    [
        ({"stale_bar": 3}, "Did you mean 'stale_bars'"),
        ({"severity": {"stale": "mask"}}, "Unknown check 'stale'"),
        ({"severity": {"gap": "fatal"}}, "severity.gap"),
        ({"jump_up": "big"}, "jump_up"),
        ({"calendar": "NASDAQX"}, "Unknown calendar"),
    ],
)
def test_wrong_specifications_are_named(spec, message):
    with pytest.raises(NeuralphaError, match=message):
        check_frame(CLEAN, spec)

def test_severity_and_repair_can_be_changed():
    split = PLANTED["unadjusted_split"].frame
    with pytest.raises(NeuralphaError, match="'unadjusted_split' halts.*1 rows, first 2022-10-19 A03"):
        check_frame(split, {"severity": {"unadjusted_split": "halt"}})
    p = check_frame(split, {"repair": ["duplicate_rows"]})
    assert (~p.tradable).sum() == 1 and p.checks.set_index("check").action["unadjusted_split"] == "masked"
    assert check_frame(split, {"severity": {"unadjusted_split": "note"}, "repair": []}).tradable.all()
    assert "unadjusted_split" not in set(
        check_frame(split, {"severity": {"unadjusted_split": "off"}}).checks.query("rows > 0").check
    )

def test_every_rule_of_repair_and_every_severity_is_of_a_known_check():
    from neuralpha.data.checks.spec import CheckSpec, check_spec

    assert set(CheckSpec().repair) <= set(CHECKS)
    everything_off = check_spec({"severity": dict.fromkeys(CHECKS, "off")})
    assert check_spec(everything_off) is everything_off
    with pytest.raises(NeuralphaError, match="Unknown check 'gab'.*gap"):
        check_spec(CheckSpec(severity={"gab": "off"}))
