# Exported from nbs/ by `make sync`; edit the notebook.
def test_the_study_on_this_page_is_valid(tmp_path):
    import re, nbformat
    from neuralpha.dev import root
    from neuralpha.study.spec import load_study

    cells = nbformat.read(root() / "nbs/guides/many_universes.ipynb", 4).cells
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    text = re.search(r"```toml\n(.+?)```", prose, re.S)[1]
    top, below = text.split("[data", 1)
    (tmp_path / "three.toml").write_text(f"{top}[models.ridge]\n[data{below}")
    for name in ("north", "south"):
        (tmp_path / f"{name}.parquet").touch()
    study = load_study(tmp_path / "three.toml")
    assert len(study.universes) == 3 and list(study.data) == ["south.parquet"]
