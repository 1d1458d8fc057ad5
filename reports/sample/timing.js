window.TIMING={"sim-tiny/lightgbm": 1.1, "sim-tiny/lstm": 2.0}
