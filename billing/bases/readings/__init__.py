"""Readings (計測値): quantities that services post for a member, ready to become values of a basis."""
