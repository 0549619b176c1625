"""The year of a burden (負担金の一年): stages, deadlines, instalments, leaving, changes."""
