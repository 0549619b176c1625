"""One role of one person (所属と役割): begin a further one, change its dates, change it into another, end it."""
