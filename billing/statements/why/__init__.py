"""「なぜこの金額ですか」: every yen of a statement traced to its rule, basis value, share, rounding and grant.

For the finance officer of a town who has never seen the system: a page (計算の順), an appendix of the paper, an API.
"""
