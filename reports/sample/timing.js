window.TIMING={"sim-tiny/lightgbm": 6.8, "sim-tiny/lstm": 8.4}
