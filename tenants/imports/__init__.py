"""取り込み: a file or pasted table is looked at, good rows go in, bad rows come back, and all can be taken back."""
