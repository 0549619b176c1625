"""What a run continues (段階と変更の理由): the order of stages, the run before it, its reason, instalments set off."""
