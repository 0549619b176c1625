"""Links that set a password (招待・再設定の案内), printed on a slip or mailed, once."""
