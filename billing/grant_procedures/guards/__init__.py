"""Audit guards (点検): what an auditor would find in a grant's papers, before the auditor does."""
