"""Accepting an invitation (招待を受ける), before the person has ever signed in or while they act for others only."""
