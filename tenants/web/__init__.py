"""What every page shares: middleware, guards, the page frame, forms, tables, filters and static files."""
