"""Grant procedures (交付金の手続き): the life of a grant from application to repayment, for the prefecture's finance
officers; the papers behind it, its audit guards, and the consumption-tax returns of the members.

Words: 交付申請 application, 交付決定 decision, 概算払 advance payment, 実績報告 report, 額の確定 settlement,
返還 repayment.
"""
