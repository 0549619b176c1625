"""Letting people in again (サインインの管理): unlock, and reset a password or second factor by two administrators."""
