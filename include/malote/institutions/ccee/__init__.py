"""CCEE, the energy market's clearing house: contract files out, results back."""
