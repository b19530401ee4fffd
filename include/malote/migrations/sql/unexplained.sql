-- Refusals whose reasons have not landed yet.

update malote.submission as s
set unexplained = true
where
    s.reasons_at is null
    and (
        s.standing = 'refused'
        or (
            s.standing = 'landed'
            and exists (
                select 1 from malote.load as l
                where l.submission = s.id and l.items_refused > 0
            )
        )
    );
