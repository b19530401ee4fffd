-- Reasons of refusals that are asked for apart: when those of a submission landed.

alter table malote.submission add column reasons_at timestamptz;

create index submission_of_bytes on malote.submission (document_sha256);
