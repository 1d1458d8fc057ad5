# Exported from nbs/ by `make sync`; edit the notebook.
def test_the_study_on_this_page_is_valid(tmp_path):
    import re, nbformat
    from neuralpha.dev import root
    from neuralpha.study.spec import load_study
    prose = "\n".join(c.source for c in nbformat.read(root()/"nbs/guides/getting_started.ipynb", 4).cells if c.cell_type == "markdown")
    (tmp_path/"mine.toml").write_text(re.search(r"```toml\n(.+?)```", prose, re.S)[1])
    study = load_study(tmp_path/"mine.toml")
    assert list(study.models) == ["ridge", "lightgbm", "lstm"] and study.seeds == 5 and study.label.horizon == 5
