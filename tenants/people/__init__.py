"""An organisation's people (利用者): who may act for it in which role and when, by its own administrators."""
