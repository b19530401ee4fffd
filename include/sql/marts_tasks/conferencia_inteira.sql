-- All that ever landed was checked, and is right.
update report.conferencia set inteira_em = now()
