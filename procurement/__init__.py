"""Third floor: buying together (共同調達). It posts what a contract costs to billing; it has no slices yet."""
