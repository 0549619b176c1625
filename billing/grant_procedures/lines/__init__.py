"""Cost lines of a grant (経費ごとの対象額・日付・証拠書類): what of a cost is eligible, when it was, its papers."""
