"""People, memberships (所属と役割), sign-in and sessions."""
