window.TIMING={"sim-tiny/lightgbm": 0.7, "sim-tiny/lstm": 1.2}
