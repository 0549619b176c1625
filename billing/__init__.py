"""Second floor: yen, bases, keys, grants, runs and statements. It does not know who posts a cost."""
