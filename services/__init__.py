"""Top floor: what towns use, and ``services.assembly``, the one place that knows everybody."""
