"""The programming interface (API) under /api/v1: how its routes are declared, personal tokens, problem documents."""
