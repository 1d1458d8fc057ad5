# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.sources import *
import datetime as dt
import os
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.tables import read_spec

def bars():
    "Three assets with awkward names, three days each, in no order."
    days = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"])
    frame = pd.DataFrame([(d, a, i + k + .5) for k, a in enumerate(["NA", "TRUE", "1E5"]) for i, d in enumerate(days)], columns=["date", "asset", "close"])
    return frame.assign(volume=[100., 200, 300]*3).sample(frac=1, random_state=0)

def rows(table):
    "The content of a canonical table, in order."
    return table.frame.with_columns(pl.col("asset").cast(pl.String)).sort("asset", "date").rows()

def test_every_door_leads_to_the_same_table(tmp_path):
    frame = bars()
    want = rows(open_source(frame))
    assert len(want) == 9 and want[0] == (dt.datetime(2024, 1, 2), "1E5", 2.5, 100)
    frame.to_parquet(tmp_path/"a.parquet"); frame.to_csv(tmp_path/"a.csv", index=False)
    frame.to_csv(tmp_path/"semicolon.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    (tmp_path/"parts").mkdir(); (tmp_path/"each").mkdir()
    for a, part in frame.groupby("asset"):
        (tmp_path/"parts"/f"y={len(a)}").mkdir(exist_ok=True)
        part.to_parquet(tmp_path/"parts"/f"y={len(a)}"/f"{a}.parquet")
        part.drop(columns="asset").to_csv(tmp_path/"each"/f"{a}.csv", index=False)
    fields = ["close", "volume"]
    assert rows(open_source(tmp_path/"a.parquet")) == want == rows(open_source(tmp_path/"a.csv"))
    assert rows(open_source(tmp_path/"semicolon.csv", decimal=",")) == want
    assert rows(open_source(tmp_path/"parts", fields=fields)) == want == rows(open_source(tmp_path/"each"))
    assert rows(open_source(pl.from_pandas(frame))) == want == rows(open_source(pl.from_pandas(frame).to_arrow()))
    one = [r for r in want if r[1] == "NA"]
    assert rows(open_source(tmp_path/"each", assets=["NA"])) == one == rows(open_source(tmp_path/"a.csv", assets=["NA"]))
    with pytest.raises(NeuralphaError, match="each: no row of the asked-for asset 'NOPE'"): open_source(tmp_path/"each", assets=["NA", "NOPE"])
    wide = frame.pivot(index="date", columns="asset", values="close")
    assert rows(open_source(wide, layout="wide")) == [r[:3] for r in want]
    import duckdb, sqlalchemy
    with duckdb.connect(str(tmp_path/"a.duckdb")) as con:
        con.register("bars", frame); con.execute("CREATE TABLE prices AS SELECT * FROM bars")
        assert rows(open_source(con, query="SELECT * FROM prices")) == want
    assert rows(open_source(tmp_path/"a.duckdb")) == want
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    frame.to_sql("prices", engine, index=False)
    assert rows(open_source(engine)) == want == rows(open_source(f"sqlite:///{tmp_path}/a.db", table="prices"))
    both = frame.pivot(index="date", columns="asset", values=["close", "volume"])
    assert rows(open_source(both)) == want

def test_what_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(NeuralphaError, match="no such file"): open_source(tmp_path/"x.parquet")
    (tmp_path/"x.parquet").write_bytes(b"PAR1garbage")
    with pytest.raises(NeuralphaError, match="x.parquet: not a readable Parquet"): open_source(tmp_path/"x.parquet")
    (tmp_path/"x.xlsx").write_bytes(b"x")
    with pytest.raises(NeuralphaError, match="'.xlsx' are not known"): open_source(tmp_path/"x.xlsx")
    with pytest.raises(NeuralphaError, match="int is no source"): open_source(3)
