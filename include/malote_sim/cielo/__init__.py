"""The pretended Cielo."""
