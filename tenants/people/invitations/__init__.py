"""Invitations (招待): an address may join the organisation once its owner accepts, by mail or by a printed slip."""
