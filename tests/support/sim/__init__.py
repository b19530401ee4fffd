"""Callers of the simulated institutions, and what they send."""
