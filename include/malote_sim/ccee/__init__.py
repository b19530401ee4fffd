"""The pretended CCEE."""
