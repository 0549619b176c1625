"""Counted attempts (サインインの失敗と一時停止): by account, town or checked paper, never by network address."""
