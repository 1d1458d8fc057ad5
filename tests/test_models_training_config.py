# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.config import *
import pytest
from neuralpha.core import NeuralphaError

@pytest.mark.parametrize(
    "wrong",
    [
        dict(device="gpu9"),
        dict(precision="float16"),
        dict(loss="rmse"),
        dict(epoch_share=0.0),
        dict(look_steps=-1),
        dict(patience=0),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_where_it_is_made(wrong):
    with pytest.raises(NeuralphaError, match=next(iter(wrong))):
        Training(**wrong)

def test_a_device_elsewhere_is_a_device():
    assert known_device("cuda:77") == "cuda:77" and known_device("auto") == "auto"
    with pytest.raises(NeuralphaError, match="'gpu9' is not understood"):
        known_device("gpu9")
