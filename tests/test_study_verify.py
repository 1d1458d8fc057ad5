# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.verify import *
import json
import pytest
from neuralpha.core import NeuralphaError, read_json, write_json
from neuralpha.study.bench import open_bench
from neuralpha.study.report import Report
from neuralpha.study.site import write_site
from neuralpha.study.spec import make_study

def test_a_changed_number_is_found_wherever_it_was_changed(tmp_path):
    study = make_study({"name": "v", "universes": ["sim-tiny"], "features": "classic", "models": {"ridge": {}}, "split": {"train": "9M", "valid": "3M", "test": "9M"}, "tune": {"trials": 3}})
    r = Report(open_bench(study), tmp_path)
    for step in (r.data, r.fit, r.tuning, r.leaderboard, r.save): step()
    write_json(tmp_path/"v"/"study.json", study.model_dump(mode="json"))
    write_site(study, tmp_path)
    assert verify_report(tmp_path/"v")[0] == [] and verify_report(tmp_path/"v")[1]["numbers"] > 300
    metrics, page = tmp_path/"v"/"sim-tiny"/"metrics.json", tmp_path/"v"/"index.html"
    text = metrics.read_text()
    numbers = json.loads(text)
    numbers["models"]["ridge"]["metrics"]["ic"]["value"] += 1e-9
    write_json(metrics, numbers)
    found = verify_report(tmp_path/"v")[0]
    assert any("metrics.json is not the file" in p for p in found) and any("ridge.metrics.ic.value" in p for p in found)
    # even where the digest was changed along with it
    write_site(study, tmp_path)
    assert any("ridge.metrics.ic.value" in p for p in verify_report(tmp_path/"v")[0])
    metrics.write_text(text); write_site(study, tmp_path)
    assert json.loads(text)["models"]["ridge"]["metrics"]["deflated_sharpe"]["trials"] == 3*len(r.bench.folds)
    tried = read_json(metrics.with_name("tuning.json"))
    write_json(metrics.with_name("tuning.json"), [{**tried[0], "tried": tried[0]["tried"][:2]}, *tried[1:]]) # a trial is kept quiet
    write_site(study, tmp_path)
    assert any("ridge.metrics.deflated_sharpe.trials" in p for p in verify_report(tmp_path/"v")[0])
    write_json(metrics.with_name("tuning.json"), tried); write_site(study, tmp_path)
    page.write_text(page.read_text().replace("0.1", "0.2", 1))
    assert any(p.startswith("index.html does not show") for p in verify_report(tmp_path/"v")[0])
    times = tmp_path/"v"/"timing.js"
    times.write_text(times.read_text().replace(": ", ": 1", 1))
    assert any(p.startswith("timing.js does not show") for p in verify_report(tmp_path/"v")[0])

def test_a_folder_without_a_report_is_named(tmp_path):
    with pytest.raises(NeuralphaError, match="manifest.json is missing"): verify_report(tmp_path)
