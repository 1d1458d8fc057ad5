# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.policy import *
import matplotlib.pyplot as plt
import pytest
from neuralpha.core import NeuralphaError

def _follow(policy, planted, bars):
    states = [InForce()]
    for bar in range(1, bars + 1):
        states.append(policy.step(states[-1], planted.get(bar, ())))
    return states

def test_an_alarm_reduces_and_quiet_bars_lead_back_step_by_step():
    states = _follow(load_policy(CLASSIC), {5: ["ic"], 15: ["ic"]}, 60)
    assert [s.size for s in states[4:7]] == [1.0, 0.5, 0.5] and states[5].retrain and not states[6].retrain
    assert states[35].size == 0.5 and states[36].size == 0.75 and states[56].size == 0.75
    assert states[57].size == 1.0 and states[57].action == "continue"

def test_several_layers_escalate_only_when_they_fire_close_together():
    policy = load_policy(CLASSIC)
    near, far = _follow(policy, {5: ["ic"], 9: ["costs"]}, 12), _follow(policy, {5: ["ic"], 10: ["costs"]}, 12)
    assert near[9].action == "pause" and near[9].size == 0 and near[9].rule == "escalation"
    assert far[10].action == "reduce"
    assert _follow(policy, {5: ["ic"], 7: ["ic"]}, 8)[8].action == "reduce"

def test_a_milder_alarm_softens_nothing():
    states = _follow(load_policy(CLASSIC), {1: ["money"], 30: ["features"]}, 300)
    assert all(s.action == "flatten" and s.size == 0 for s in states[1:93])
    assert states[93].size == 0.25 and states[30].retrain
    assert states[93 + 63].size == 0.5 and states[93 + 126].size == 1.0

@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size = 0.5", "sise = 0.5", "Did you mean 'size'"),
        ('layer = "ic"', 'layer = "icc"', "Unknown layer 'icc'"),
        ('action = "flatten"', 'action = "panic"', "Unknown action 'panic'"),
        ("size = 0.5", "size = 1.5", "between 0 and 1"),
        ("back = [0.75]", "back = [0.25]", "must rise"),
        ("quiet = 21", "quiet = 0", "whole numbers from 1"),
        ('version = "1"', "", "no version"),
        ('layer = "ic"', 'layer = "costs"', "one per layer"),
        ("version =", "version", "not valid TOML"),
        ("[escalation]", "[[escalation]]", r"line \[escalation\]"),
        ('version = "1"', 'version = "1"\ndecay = 5', r"line \[\[decay\]\]"),
        ('version = "1"', 'version = "1"\nretrain = []', r"line \[retrain\]"),
        ("[escalation]", '[decay]\nmeasure = "ic"\n[escalation]', r"line \[\[decay\]\]"),
        ("[escalation]", '[escalation]\nlayer = "ic"', "Unknown key of escalation 'layer'"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(old, new, message):
    with pytest.raises(NeuralphaError, match=message):
        load_policy(CLASSIC.replace(old, new))

def test_the_digest_follows_the_file_and_unknown_alarms_are_refused(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text(CLASSIC)
    assert load_policy(file).digest == load_policy(CLASSIC).digest != load_policy(CLASSIC + "# changed\n").digest
    with pytest.raises(NeuralphaError, match="Unknown layer of the policy 'rain'"):
        load_policy(CLASSIC).step(InForce(), ["rain"])

SLOW = (
    CLASSIC
    + '''
[[decay]]
measure = "ic"
level = 0.02
action = "reduce"
size = 0.25
quiet = 63

[[decay]]
measure = "ic"
level = 0.001
action = "flatten"
quiet = 252

[retrain]
every = 252
regime = true
'''
)

def test_decay_reduces_first_and_shuts_down_later_and_is_one_layer_with_its_chart():
    policy = load_policy(SLOW)
    mild, hard = (rule.layer for rule in policy.decays)
    assert (mild, hard) == ("decay of ic at 0.02", "decay of ic at 0.001") and policy.retrain.every == 252
    states = _follow(policy, {63: [mild], 64: ["ic"], 126: [mild, hard]}, 126)
    assert states[63].size == states[64].size == 0.25 and states[64].rule == mild  # no escalation: the layer is one
    assert states[126].action == "flatten" and states[126].rule == hard
    assert _follow(policy, {63: [mild], 64: ["costs"]}, 64)[64].action == "pause"
    assert load_policy(CLASSIC).retrain is None and load_policy(CLASSIC).decays == []

def test_an_action_in_force_needs_its_rule_until_it_is_over():
    policy = load_policy(SLOW)
    state = _follow(policy, {63: [policy.decays[0].layer]}, 64)[-1]
    with pytest.raises(NeuralphaError, match="decay of ic at 0.02 is in force"):
        load_policy(SLOW.replace("level = 0.02", "level = 0.01")).step(state)

@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('measure = "ic"', 'measure = "icc"', "Unknown measure 'icc'"),
        ('measure = "ic"\n', "", "no measure"),
        ('measure = "ic"\n', 'measure = "ic"\nlayer = "money"\n', "Unknown key of decay 1 'layer'"),
        ("level = 0.001", "level = 0.02", "two rules"),
        ("level = 0.001", "level = 2", "above 0"),
        ("level = 0.001", "level = 0.001\nwindow = 0", "window"),
        ("every = 252", "every = -1", "whole numbers of bars from 0"),
        ("quiet = 63", "quiet = 62", "quiet is 62, and it is looked at every 63 bars only"),
        ("regime = true", "regime = 1", "true or false"),
        ("regime = true", "regimes = true", "Did you mean 'regime'"),
    ],
)
def test_a_rule_of_decay_that_cannot_be_meant_is_refused(old, new, message):
    with pytest.raises(NeuralphaError, match=message):
        load_policy(SLOW.replace(old, new))
