window.TIMING={"sim-tiny/lightgbm": 2.2, "sim-tiny/lstm": 3.6}
