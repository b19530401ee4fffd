"""The running system as a thing to be played with: players, one checker, a person; situations and storm use them."""
