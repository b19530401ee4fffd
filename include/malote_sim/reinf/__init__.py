"""The pretended EFD-Reinf."""
