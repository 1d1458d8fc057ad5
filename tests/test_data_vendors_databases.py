# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.vendors.databases import *
import datetime as dt
import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import read_spec
from neuralpha.data.reading.tables import to_canonical

DAYS = [dt.date(2024, 1, d) for d in (2, 3, 4)]

BARS = pd.DataFrame(
    {
        "date": DAYS * 2,
        "asset": ["A"] * 3 + ["NA"] * 3,
        "close": [1.0, 2, 3, 4, 5, 6],
        "volume": [10, 20, 30, 40, 50, 60],
    }
)

def read(lf, **options):
    t = to_canonical(lf, "t", "t", read_spec(**options))
    return t.frame.with_columns(pl.col("asset").cast(pl.String)).sort("asset", "date").rows()

WANT = [(dt.datetime(2024, 1, 3), "NA", 5.0, 50.0), (dt.datetime(2024, 1, 4), "NA", 6.0, 60.0)]

SOME = dict(start="2024-01-03", assets=["NA"], fields=["close", "volume"])

def test_duckdb_table_query_and_errors(tmp_path):
    import duckdb

    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as con:
        con.register("bars", BARS)
        con.execute("CREATE TABLE prices AS SELECT * FROM bars")
    assert read(scan_duckdb(path, read_spec(**SOME)), **SOME) == WANT
    query = "SELECT date, asset, close, volume FROM prices WHERE asset = 'NA' AND close > 4"
    assert read(scan_duckdb(path, read_spec(query=query))) == WANT
    for options, message in [
        (dict(table="price"), "Did you mean 'prices'"),
        (dict(query="SELECT nope FROM prices"), "refused the query.*nope"),
        (dict(query="SELECT * FROM prices WHERE close > 99"), "has no rows"),
        (dict(query="x", table="y"), "not both"),
    ]:
        with pytest.raises(NeuralphaError, match=message):
            scan_duckdb(path, read_spec(**options))
    (tmp_path / "bad.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(NeuralphaError, match="bad.duckdb: not a readable DuckDB"):
        scan_duckdb(tmp_path / "bad.duckdb")

def test_sql_through_sqlite(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/a.db")
    BARS.to_sql("prices", engine, index=False)
    assert read(scan_sql(engine, read_spec(**SOME), batch_rows=1), **SOME) == WANT
    with pytest.raises(NeuralphaError, match="Unknown table 'nope'"):
        scan_sql(engine, read_spec(table="nope"))
    with pytest.raises(NeuralphaError, match="no such column: nope"):
        scan_sql(engine, read_spec(query="SELECT nope FROM prices"))
    with pytest.raises(NeuralphaError, match="Addresses look like"):
        scan_sql("nodialect://x")

def test_postgres_table_query_span_and_errors(postgres):
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed: pip install 'neuralpha[postgres]'")
    engine = sa.create_engine(postgres)
    with engine.begin() as con:
        con.execute(sa.text("CREATE SCHEMA market"))
        con.execute(
            sa.text(
                'CREATE TABLE market.prices (date date, "Ticker" text, close numeric(12,4), volume bigint, stamp '
                'timestamptz)'
            )
        )
        con.execute(
            sa.text('INSERT INTO market.prices VALUES (:date, :asset, :close, :volume, :stamp)'),
            [dict(r, stamp=f"{r['date']} 16:00-05") for r in BARS.to_dict("records")],
        )
    some = dict(SOME, table="market.prices")
    assert read(scan_sql(postgres, read_spec(**some)), **some) == WANT
    query = dict(
        query='SELECT stamp AS date, "Ticker", close, volume FROM market.prices',
        tz="America/New_York",
        start="2024-01-03",
        assets=["NA"],
    )
    assert read(scan_sql(engine, read_spec(**query)), **query) == WANT
    with pytest.raises(NeuralphaError, match="Did you mean 'market.prices'"):
        scan_sql(engine, read_spec(table="market.price"))
    with pytest.raises(NeuralphaError, match="nope") as e:
        scan_sql(engine, read_spec(query="SELECT nope"))
    assert "secret" not in str(e.value)
    with pytest.raises(NeuralphaError, match="Check that the server runs"):
        scan_sql("postgresql+psycopg://u:secret@/x?host=/nonexistent", read_spec())
    engine.dispose()

def test_postgres_reads_only_what_was_asked_for(postgres):
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed: pip install 'neuralpha[postgres]'")
    engine = sa.create_engine(postgres)
    seen = []
    sa.event.listen(engine, "before_cursor_execute", lambda c, cur, sql, p, ctx, many: seen.append((sql, p)))
    with engine.begin() as con:
        con.execute(
            sa.text(
                "CREATE TABLE wide_bars AS SELECT DATE '2020-01-01' + i AS date, 'A' AS asset, i::float8 + 1 AS "
                "close, 'text'::text AS remark FROM generate_series(0, 999) i"
            )
        )
    lf = scan_sql(engine, read_spec(table="wide_bars", start="2022-01-01", end="2022-01-31", fields=["close"]))
    assert lf.collect().shape == (31, 3)
    assert "remark" not in seen[-1][0] and "WHERE" in seen[-1][0]
    engine.dispose()
