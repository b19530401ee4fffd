-- A version of an event is not replaced while nobody knows what became of it; and no name of one looks like `/rN`.

-- One row: a version of an event of the scope whose rows are being selected, whose fate is not known yet.
create view reinf.em_aberto as
select i.reference
from malote.item_row as i
inner join malote.submission as s on i.submission = s.id
where
    i.scope = current_setting('malote.scope', true)
    and i.outcome is distinct from 'refused'
    and (
        s.standing in ('prepared', 'sending', 'received', 'answered', 'overdue', 'in_doubt')
        or i.outcome = 'unanswered'
    );

-- What is there already stays: the rule is for what comes.
alter table outgoing.reinf_r4010
add constraint no_version check (beneficiario !~ '(^|/)r[0-9]+$' and ide_evt_adic !~ '(^|/)r[0-9]+$') not valid;

alter table outgoing.reinf_r4020
add constraint no_version check (cnpj_benef !~ '(^|/)r[0-9]+$' and ide_evt_adic !~ '(^|/)r[0-9]+$') not valid;
