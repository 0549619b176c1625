"""Steps of a grant (交付金の手続きの記録): application, decision, changes, payments, report, settlement, repayment."""
