"""Disputes (異議・照会): a member asks about or objects to its statement until a date, and the prefecture answers.

Words: 照会 inquiry, 異議 objection, 受付期間 period, 回答待ち open, 回答済み answered, 終了 closed, 変更なし unchanged,
次の計算で変更 next_run, 団体が了承 accepted.
"""
