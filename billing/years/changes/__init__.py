"""What has changed since the last approved run (前回の計算からの変更), so that a new run can be proposed."""
