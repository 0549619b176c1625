"""The trail (操作記録): who did what to which record, written in the same transaction, and the page to read it."""
