"""What runs in the child process that reads a sent file: it trusts nothing in the file, and nobody trusts it."""
