# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.core import *
import json, os
import numpy as np
import pandas as pd
import pytest

def test_unknown_name_suggests_the_closest():
    assert "Did you mean 'lightgbm'?" in str(unknown_name("model", "lgihtgbm", ["ridge", "lightgbm"]))
    assert "Choose from: lstm, ridge." in str(unknown_name("model", "zzz", ["ridge", "lstm"]))

def test_digest_depends_on_content_only():
    a = np.arange(6.).reshape(2, 3)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(a) == digest(np.asfortranarray(a))
    assert digest(a) != digest(a.reshape(3, 2)) and digest(a) != digest(a.astype("f4"))
    assert digest("ab", "c") != digest("a", "bc")
    df = pd.DataFrame({"x": [1, 2]}, index=["u", "v"])
    assert digest(df) != digest(df.rename(index={"u": "w"}))

def test_atomic_path_keeps_the_old_file_when_the_writer_fails(tmp_path):
    p = tmp_path/"deep"/"x.json"
    write_json(p, {"a": 1})
    with pytest.raises(RuntimeError):
        with atomic_path(p) as tmp:
            tmp.write_text("half")
            raise RuntimeError
    assert read_json(p) == {"a": 1}
    assert [f.name for f in p.parent.iterdir()] == ["x.json"]

def test_write_json_is_reproducible_and_has_no_nan(tmp_path):
    write_json(tmp_path/"a", {"b": float("nan"), "a": np.float64(.1)})
    write_json(tmp_path/"b", {"a": .1, "b": None})
    assert (tmp_path/"a").read_bytes() == (tmp_path/"b").read_bytes()

def test_broken_json_is_named(tmp_path):
    (tmp_path/"x.json").write_text("{")
    with pytest.raises(NeuralphaError, match="x.json"): read_json(tmp_path/"x.json")

@pytest.mark.parametrize("error", [OSError(28, "No space"), Exception("while serializing: No space left on device (os error 28)")])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, error):
    with pytest.raises(DiskError, match="Cannot write .*x.json: No space left on device"):
        with atomic_path(tmp_path/"x.json"): raise error
    assert list(tmp_path.iterdir()) == []

def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path/"x").touch()
    with pytest.raises(DiskError, match="x/y.json: (Not a directory|File exists)"): write_json(tmp_path/"x"/"y.json", 1)

def test_a_lock_is_exclusive_and_leaves_no_file(tmp_path):
    with lock(tmp_path/"l") as first:
        with lock(tmp_path/"l", wait=False) as second: assert first and not second
    (tmp_path/"left").touch()
    with lock(tmp_path/"held"):
        sweep_locks(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["held"]
    assert list(tmp_path.iterdir()) == []

def test_a_small_png_is_the_same_picture():
    import io
    from PIL import Image
    shades = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.stack(np.broadcast_arrays(shades[:, None], shades[None, :], np.uint8(90)), -1)
    plain = io.BytesIO()
    Image.fromarray(picture).save(plain, "PNG")
    again = np.asarray(Image.open(io.BytesIO(small_png(plain.getvalue()))).convert("RGB")).astype(int)
    assert again.shape == picture.shape and abs(again - picture).mean() < 8
    assert small_png(plain.getvalue()) == small_png(plain.getvalue())

def test_limit_threads_is_undone():
    import torch
    before = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    with limit_threads(1): assert torch.get_num_threads() == 1 and os.environ["OMP_NUM_THREADS"] == "1"
    assert (torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")) == before
