"""Programs (事業): what is bought together in one fiscal year, its members (構成団体) and its settings."""
