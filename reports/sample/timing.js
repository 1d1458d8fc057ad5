window.TIMING={"sim-tiny/lightgbm": 1.7, "sim-tiny/lstm": 6.6}
