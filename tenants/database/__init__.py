"""The one door to PostgreSQL: engine, tenant transaction, table kinds, policies and migrations."""
