# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.device import *
import pytest
import torch
from neuralpha.core import NeuralphaError

def test_devices_that_do_not_exist():
    with pytest.raises(NeuralphaError, match="not understood"):
        pick_device("gpu9")
    with pytest.raises(NeuralphaError, match="CUDA devices"):
        pick_device("cuda:77")

def test_workers_take_gpus_in_turn(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert [worker_device("auto", k) for k in range(4)] == ["cuda:0", "cuda:1", "cuda:2", "cuda:0"]
    assert worker_device("cuda", 1) == "cuda:1"
    assert worker_device("cuda:2", 1) == "cuda:2"
    assert worker_device("cpu", 1) == "cpu"
    for n in (0, 1):
        monkeypatch.setattr(torch.cuda, "device_count", lambda n=n: n)
        assert worker_device("auto", 5) == "auto"

def test_a_gpus_kernels_sum_in_a_fixed_order_inside_the_block_alone():
    on = torch.are_deterministic_algorithms_enabled
    with repeatable(torch.device("cuda")):
        assert on() and torch.backends.cudnn.deterministic and not torch.utils.deterministic.fill_uninitialized_memory
    assert not on() and torch.utils.deterministic.fill_uninitialized_memory
    with repeatable(torch.device("cpu")):
        assert not on()

def test_precisions_that_do_not_exist_and_those_that_do():
    cpu = torch.device("cpu")
    with pytest.raises(NeuralphaError, match="float16"):
        autocast(cpu, "float16")
    for precision, dtype in (("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with autocast(cpu, precision):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype

def test_free_main_memory_is_less_than_all_and_more_than_nothing(monkeypatch):
    import os

    everything = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < free_memory(torch.device("cpu")) <= everything

    def unreadable(path):
        raise OSError

    monkeypatch.setattr("pathlib.Path.read_text", unreadable)
    assert free_host_memory() == everything
