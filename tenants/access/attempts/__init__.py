"""Counted attempts (サインインの失敗と一時停止): by account, then by town, never by network address."""
