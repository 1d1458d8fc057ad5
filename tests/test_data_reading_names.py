# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.names import *
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

@pytest.mark.parametrize(
    "field, spellings",
    [
        (
            "adj_close",
            [
                "Adj. Close",
                "Adj Close*",
                "Adj Close**",
                "Close (adj)",
                "adjusted_close",
                "AdjClose",
                "Adjusted Close",
                "5. adjusted close",
                "Adj_Close",
                "adjustedClose",
            ],
        ),
        (
            "close",
            [
                "Close",
                "<CLOSE>",
                "Close*",
                "Close/Last",
                "4. close",
                "PX_LAST",
                "Schluss",
                "Schlußkurs",
                "Clôture",
                "Cierre",
                "收盘",
            ],
        ),
        ("volume", ["Volume", "<VOLUME>", "Volumen", "成交量", "Wolumen", "Объём", "Объем торгов", "出来高"]),
        ("date", ["<DATE>", "Datum", "Date", "trade_date"]),
        ("factor", ["CFACPR", "adj_factor"]),
        (None, ["close_pct", "Close %", "score", "Closeness", "Change %", "open interest"]),
    ],
)
def test_spellings_of_one_field(field, spellings):
    assert {s: known_name(s) for s in spellings} == dict.fromkeys(spellings, field)

HEADERS = {
    "Italian": "Data|Titolo|Apertura|Massimo|Minimo|Chiusura|Chiusura rettificata|Volume",
    "Portuguese": "Data|Ativo|Abertura|Máxima|Mínima|Fechamento|Fechamento Ajustado|Volume",
    "Russian": "Дата|Тикер|Открытие|Максимум|Минимум|Закрытие|Скорректированная цена закрытия|Объём",
    "Japanese": "日付|銘柄コード|始値|高値|安値|終値|調整後終値*|出来高",
    "Polish": "Data|Walor|Otwarcie|Najwyższy|Najniższy|Zamknięcie|Zamknięcie skorygowane|Wolumen",
    "Spanish": "Fecha|Símbolo|Apertura|Máximo|Mínimo|Cierre|Cierre ajustado|Volumen",
    "Korean": "날짜|종목코드|시가|고가|저가|종가|수정종가|거래량",
    "Turkish": "Tarih|Sembol|Açılış|Yüksek|Düşük|Kapanış|Düzeltilmiş Kapanış|Hacim",
    "Dutch": "Datum|Symbool|Openen|Hoogste|Laagste|Slotkoers|Slotkoers aangepast|Volume",
    "French": "Date|Code|Ouverture|Plus haut|Plus bas|Clôture|Clôture ajustée|Volume",
}

@pytest.mark.parametrize("language", HEADERS)
def test_a_header_is_read_in_its_language(language):
    names = HEADERS[language].split("|")
    fields = ["date", "asset", "open", "high", "low", "close", "adj_close", "volume"]
    assert known_names(names) == dict(zip(names, fields))
    assert known_names([n.upper() for n in names]) == dict(zip([n.upper() for n in names], fields))
    assert looks_adjusted(names[6]) and not any(looks_adjusted(n) for n in names[:6])

def test_weak_words_in_other_languages_give_way_too():
    russian = ["Дата", "Цена", "Откр.", "Макс.", "Мин.", "Объём", "Изм. %"]  # as portals of quotes write it
    assert list(known_names(russian).values()) == ["date", "open", "high", "low", "volume", "close"]
    assert known_names(["Data", "Ultimo", "Apertura", "Vol."])["Ultimo"] == "close"
    assert known_names(["Data", "Cena", "Zamknięcie"]) == {"Zamknięcie": "close", "Data": "date"}

def test_weak_words_give_way():
    assert known_names(["Date", "Time", "Close"]) == {"Date": "date", "Close": "close"} and known_names(
        ["Time", "PRC"]
    ) == {"Time": "date", "PRC": "close"}
    assert known_names(["<VOL>", "splitFactor", "RET"]) == {
        "<VOL>": "volume",
        "splitFactor": "factor",
        "RET": "return",
    } and known_names(["Volume", "vol", "factor", "splits"]) == {"Volume": "volume", "factor": "factor"}
    assert known_names(["<TICKVOL>", "<VOL>"]) == {"<VOL>": "volume"}  # one of two weak words
    assert known_names(["ISIN", "Ticker"]) == {"Ticker": "asset"} and known_names(["PERMNO", "TICKER"]) == {
        "PERMNO": "asset"
    }

def test_a_unit_in_brackets_is_no_part_of_a_name():
    assert known_names(["Date", "Open (USD)", "Close [EUR]", "收盘价(元)", "Volume (shares)", "成交量(股)"]) == {
        "Date": "date",
        "Open (USD)": "open",
        "Close [EUR]": "close",
        "收盘价(元)": "close",
        "Volume (shares)": "volume",
        "成交量(股)": "volume",
    }
    for name in ("Volume (USD)", "Volume (mn)", "Volume ('000)", "Close (5d)", "Change (USD)", "Score (USD)"):
        assert known_name(name) is None, name
    beside = known_names(["Close", "Close (HKD)"])
    assert beside == {"Close": "close"}  # a plain name stands before one in another currency
    assert known_names(["Close (USD)", "Close (HKD)"]) == {"Close (USD)": "close", "Close (HKD)": "close"}

def test_names_of_vendors_that_say_the_field_behind_the_price():
    refinitiv = ["Instrument", "Date", "Price Open", "Price High", "Price Low", "Price Close", "Volume"]
    assert list(known_names(refinitiv).values()) == ["asset", "date", "open", "high", "low", "close", "volume"]
    assert known_names(["observation_date", "closeadj", "PX_VOLUME"]) == {
        "observation_date": "date",
        "closeadj": "adj_close",
        "PX_VOLUME": "volume",
    }

def test_a_header_of_days_is_recognised_in_every_order():
    days = ["2024-01-31", "20240131", "01/31/2024", "31.01.24", "31-Jan-2024", "1 Jan 24"]
    assert all(map(looks_like_date, days))
    assert not any(map(looks_like_date, ["000001", "600000", "1/2", "12-Month", "3.14.15.9", "close"]))

def test_what_speaks_of_an_adjusted_price():
    assert (
        looks_adjusted("Close, dividend-adjusted")
        and looks_adjusted("Schlusskurs bereinigt")
        and not looks_adjusted("adjacent")
        and not looks_adjusted("Unadjusted Close")
        and adjusted_twin("Adj. High") == "high"
        and adjusted_twin("High") is None
    )

def test_a_slip_of_the_pen_is_recognised():
    assert nearest_name(["date", "asset", "Clsoe"]) == "Clsoe" and nearest_name(["date", "asset", "score"]) is None

def test_the_names_of_the_levels_tell_where_their_values_do_not():
    numbers = pd.MultiIndex.from_product(
        [["20240102", "20240103"], ["20240104", "20240105"]], names=["instrument", "datetime"]
    )
    assert date_first(numbers).names == ["datetime", "instrument"] and date_first(numbers.swaplevel()).names == [
        "datetime",
        "instrument",
    ]
    with pytest.raises(NeuralphaError, match="Weights need a .date, asset. MultiIndex; which of its levels"):
        date_first(numbers.rename([None, None]), "Weights")
