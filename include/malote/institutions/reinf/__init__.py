"""The EFD-Reinf of the Receita Federal: what was withheld each month, as signed events in lotes of up to 50."""
