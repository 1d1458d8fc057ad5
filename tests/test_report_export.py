# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.export import *
import shutil, subprocess
from pathlib import Path
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.experiment import open_experiment
from neuralpha.report.steps import Report
from neuralpha.report.pages.draw import site_pages, write_site
from neuralpha.study.spec import make_study

@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("mail")
    study = make_study(
        {
            "name": "m",
            "title": "<b>Mail</b> & more",
            "universes": ["sim-tiny"],
            "features": "classic",
            "models": {"ridge": {}},
            "split": {"train": "9M", "valid": "3M", "test": "9M"},
            "explain": {"rows": 0},
        }
    )
    r = Report(open_experiment(study), out)
    for step in (r.data, r.folds, r.fit, r.leaderboard, r.evidence, r.save):
        step()
    write_site(study, out)
    return out / "m"

def test_one_file_holds_every_page_and_picture(report):
    from neuralpha.report.export import single_file

    text = single_file(report)
    n = sum(1 for _ in report.glob("sim-tiny/figures/**/*.png"))
    assert text.count("data:image/png;base64,") == n + 2 > 10  # the leaderboard shows two of them again
    for anchor in ("page-index.html", "page-sim-tiny-index.html", "page-sim-tiny-model-ridge.html", "page-data.html"):
        assert f'id="{anchor}"' in text and f'href="#{anchor}"' in text
    import re

    assert not [x for x in re.findall(r'(?:src|href)="([^"]*)"', text) if not x.startswith(("data:", "#"))]
    assert "<b>Mail" not in text and "&lt;b&gt;Mail" in text
    with pytest.raises(NeuralphaError, match="holds no report"):
        single_file(report / "sim-tiny")

def test_a_page_that_is_added_to_the_site_is_in_the_file(report, monkeypatch):
    from neuralpha.report import export as mail

    def with_one_more(study, folder):
        return site_pages(study, folder) | {"extra.html": "<main><h1>One more</h1>added</main>"}

    monkeypatch.setattr(mail, "site_pages", with_one_more)
    text = mail.single_file(report)
    assert 'id="page-extra.html"' in text and 'href="#page-extra.html"' in text and "added" in text
    assert text.index('id="page-index.html"') < text.index('id="page-sim-tiny-index.html"')
    assert text.index('id="page-sim-tiny-model-ridge.html"') < text.index('id="page-data.html"')
    assert "page-leaderboard.html" not in text

def test_without_a_chromium_it_says_so(report, monkeypatch):
    from neuralpha.report import export as mail

    monkeypatch.setattr(mail.shutil, "which", lambda name: None)
    with pytest.raises(NeuralphaError, match="printed by Chromium"):
        mail.write_pdf(report)
    assert not report.with_suffix(".pdf").exists()

@pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), reason="no Chromium on this machine"
)
def test_the_pdf_has_the_pages_and_their_pictures(report, tmp_path):
    from neuralpha.report.export import write_pdf

    made = write_pdf(report, tmp_path / "m.pdf").read_bytes()
    assert (
        made[:5] == b"%PDF-"
        and len(made) > 100_000
        and made.count(b"/Subtype /Image") + made.count(b"/Subtype/Image") >= 5
    )
    assert [p.name for p in tmp_path.iterdir()] == ["m.pdf"]
