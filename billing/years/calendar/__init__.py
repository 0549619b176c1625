"""The program's calendar (年間予定): deadlines of its stages, due dates, the rules of its year."""
