"""Seals (封印): every day of a trail gets a fingerprint that stands outside the database and leads on to the next.

Words: 封印 seal, 控え copy in the storage, 指紋 fingerprint (SHA-256), 照合 comparison.
"""
