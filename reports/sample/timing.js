window.TIMING={"sim-tiny/lightgbm": 2.5, "sim-tiny/lstm": 4.4}
