"""Compares the catalog with the declarations: tables, policies, grants, keys, columns, roles; run after migrating."""
