"""Decisions on runs, for the prefecture's finance officers.

Words: 承認へ送る, 承認, 差し戻し, 承認の前に片付けること (obstacle), 理由を付けた承認 (override), 取消し (withdrawal).
"""
