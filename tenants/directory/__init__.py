"""Organisations (県・市・町・企業団) that are tenants, the unions' member towns, and the modules each may use."""
