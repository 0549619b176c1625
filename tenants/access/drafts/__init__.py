"""Kept drafts (入力途中の内容): what was typed when a session had ended comes back, and is never sent by itself."""
