window.TIMING={"sim-tiny/lightgbm": 1.8, "sim-tiny/lstm": 2.3}
