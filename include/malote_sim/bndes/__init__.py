"""The pretended BNDES."""
