"""調定・収納・督促: what was formally charged per instalment, what came in, what is still open and was reminded of.

For the prefecture's finance officers, and for towns, which see their own. Payments are made elsewhere (banks, the
prefecture's accounting system); here they are written down or taken in from that system's file.
"""
