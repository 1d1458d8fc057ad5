window.TIMING={"sim-tiny/lightgbm": 3.5, "sim-tiny/lstm": 4.9}
