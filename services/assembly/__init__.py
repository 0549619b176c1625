"""The one place that knows everybody: settings, the list of slices, the web application, the worker, the commands."""
