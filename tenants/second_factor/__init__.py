"""The second factor (2段階認証): six digits from an authenticator app, recovery codes, who must use it."""
