# Exported from nbs/ by `make sync`; edit the notebook.
def test_the_wrong_price_of_this_page_is_found_in_four_steps(tmp_path):
    import re, nbformat
    import neuralpha as na
    from neuralpha.core import write_json
    from neuralpha.dev import root
    from neuralpha.report.pages.draw import write_site
    from neuralpha.report.numbers import read_ics
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import load_study

    cells = nbformat.read(root() / "nbs/guides/wrong_number.ipynb", 4).cells
    text = next(re.search(r'STUDY = """(.+?)"""', c.source, re.S)[1] for c in cells if 'STUDY = """' in c.source)
    prices = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna().reset_index(drop=True)
    wrong = (prices["asset"] == "S07") & (prices["date"] == "2013-05-15")
    prices.loc[wrong, ["open", "high", "low", "close"]] *= 1.6
    prices.to_parquet(tmp_path / "prices.parquet")
    (tmp_path / "wrong.toml").write_text(text)
    study = load_study(tmp_path / "wrong.toml", universes=[str(tmp_path / "prices.parquet")])
    steps = Report(open_experiment(study), tmp_path / "reports", device="cpu")
    for step in (steps.data, steps.fit, steps.leaderboard, steps.save):
        step()
    write_json(tmp_path / "reports/wrong/study.json", study.model_dump(mode="json"))
    write_site(study, tmp_path / "reports")

    origin = na.inspect(steps.folder, model="reversal")
    suspects = origin.suspects()
    jumps = suspects[(suspects["came_back"] > 0.75) & (suspects["times_usual"] > 10)]
    assert "Begin with S07" in repr(origin) and {asset for _, asset in jumps.index} == {"S07"}
    day = jumps.index[0][0]
    mine = read_ics(steps.folder).query("model == 'reversal'").set_index("date")
    assert str(day.date()) == "2013-05-15" and mine.at[day, "ic"] > 0.8
    seen = origin.at(day)
    assert seen.members["pull"].abs().idxmax() == "S07"
    bars = seen.at(asset="S07").bars
    assert bars["return"].abs().idxmax() == day
    assert bars.at[day, "close"] == prices.loc[wrong, "close"].iloc[0].astype("float32")
    assert seen.at(asset="S07").features.index[0] == "ret_1" and not len(seen.masked)
