"""Signing in and out (サインイン), and moving to another of one's own memberships (所属の切り替え)."""
