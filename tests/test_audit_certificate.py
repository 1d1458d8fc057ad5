# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.certificate import *
import json
from neuralpha.audit.pipeline import audit_features
from neuralpha.audit.worlds import walks

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def _pct(f, k=1):
    return f.groupby("asset")["close"].pct_change(k, fill_method=None)

def test_the_certificate_is_reproducible_and_safe_to_show(tmp_path):
    a, b = (
        audit_features(
            lambda f: _pct(f).rename("<script>"), _table(walks()), name="x & y", checks=("future", "permutation")
        )
        for _ in range(2)
    )
    assert a.hash == b.hash and a.passed
    other = audit_features(
        lambda f: _pct(f).rename("<script>"), _table(walks(5)), name="x & y", checks=("future", "permutation")
    )
    assert a.hash != other.hash
    a.save(tmp_path)
    kept = json.loads((tmp_path / "certificate.json").read_text())
    assert kept["hash"] == a.hash and kept["passed"] and len(kept["checks"]) == len(a.checks)
    page = audit_features(lambda f: f["close"].rename("<script>").shift(-1), _table(walks()), name="x & y").html()
    assert "<script>" not in page and "&lt;script&gt;" in page and "x &amp; y" in page and ">fails<" in page
