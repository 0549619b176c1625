"""Statements (負担金算定書) per member and the prefecture's summary (総括表), as pages, xlsx, PDF and ZIP."""
