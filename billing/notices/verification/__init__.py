"""書類の確認: whoever holds a paper finds out, without signing in, whether it is the one that was issued."""
