CREATE TABLE malote.pace (
    name text PRIMARY KEY,
    tat timestamptz NOT NULL
);

COMMENT ON TABLE malote.pace IS
'One row for each shared request budget: tat is the instant at which the next request would be due at an even rhythm';
