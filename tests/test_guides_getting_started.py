# Exported from nbs/ by `make sync`; edit the notebook.
def test_the_table_on_this_page_holds_the_three_faults_and_nothing_else(tmp_path):
    import neuralpha as na

    prices = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna().reset_index(drop=True)
    prices.loc[100, "high"] = prices.loc[100, "low"] / 2
    prices.loc[300, "close"] = 0
    prices.loc[500, ["open", "high", "low", "volume"]] = 0
    prices.to_parquet(tmp_path / "prices.parquet")
    checks = na.load_universe(tmp_path / "prices.parquet").checks.set_index("check")
    acted = checks[checks.action.isin(["masked", "repaired", "masked and repaired", "dropped"])]
    assert acted.rows.to_dict() == {"high_below_low": 1, "nonpositive_price": 1, "non_trading": 1}

def test_the_study_on_this_page_is_valid(tmp_path):
    import re, nbformat
    from neuralpha.dev import root
    from neuralpha.study.spec import load_study

    prose = "\n".join(
        c.source
        for c in nbformat.read(root() / "nbs/guides/getting_started.ipynb", 4).cells
        if c.cell_type == "markdown"
    )
    (tmp_path / "mine.toml").write_text(re.search(r"```toml\n(.+?)```", prose, re.S)[1])
    study = load_study(tmp_path / "mine.toml")
    assert list(study.models) == ["ridge", "lightgbm", "lstm"] and study.seeds == 5 and study.label.horizon == 5
