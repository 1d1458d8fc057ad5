window.TIMING={"sim-tiny/lightgbm": 1.9, "sim-tiny/lstm": 4.6}
