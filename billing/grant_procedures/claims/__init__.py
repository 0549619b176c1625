"""Claim workbooks (請求・実績報告の資料): costs, amounts, payments and evidence of one grant in one xlsx."""
