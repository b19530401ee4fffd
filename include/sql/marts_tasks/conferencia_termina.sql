-- Everything that this run looked at is right: the next one begins behind it.
update report.conferencia set desde = ate
