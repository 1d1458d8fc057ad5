window.TIMING={"sim-tiny/lightgbm": 0.9, "sim-tiny/lstm": 1.5}
