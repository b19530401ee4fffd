#!/bin/sh
# Makes ./secrets for docker-compose.yaml: a file for each secret, of which a container sees only what it needs.
# Again: what is there stays. The folder is yours alone; its files can be read by the containers' users, who are not you.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p secrets
chmod 700 secrets
cd secrets

keep() { # NAME: what stands on standard input, unless it is there
    if [ -s "$1" ]; then cat > /dev/null; else cat > "$1"; fi
}

random() { # BYTES, as hexadecimal digits
    od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'
}

for name in postgres airflow_database malote_owner malote_runtime malote_select malote_reader redis airflow_admin; do
    random 24 | keep "$name"
done
random 64 | keep airflow_jwt
random 32 | keep airflow_api
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | keep airflow_fernet
random 32 | keep malote_archive

printf 'postgresql://postgres:%s@postgres:5432/malote' "$(cat postgres)" | keep warehouse_admin
printf 'postgresql+psycopg2://airflow:%s@postgres:5432/airflow' "$(cat airflow_database)" | keep metadata
printf 'db+postgresql+psycopg2://airflow:%s@postgres:5432/airflow' "$(cat airflow_database)" | keep celery_results
printf 'redis://:%s@redis:6379/0' "$(cat redis)" | keep celery_broker

# Airflow's connections as the workers and the triggerer have them, read by their shell. The institutions are the
# simulators: put the true addresses, logins and certificates here, and leave `host` out for the official address.
keep connections <<END
export AIRFLOW_CONN_MALOTE_WAREHOUSE='{"conn_type": "postgres", "host": "postgres", "port": 5432, "schema": "malote",
  "login": "malote_runtime", "password": "$(cat malote_runtime)"}'
export AIRFLOW_CONN_MALOTE_SELECT='{"conn_type": "postgres", "login": "malote_select", "password": "$(cat malote_select)"}'
export AIRFLOW_CONN_MALOTE_ARCHIVE='{"conn_type": "generic", "password": "$(cat malote_archive)"}'
export AIRFLOW_CONN_CCEE_DEFAULT='{"conn_type": "ccee", "host": "https://simulators:8443",
  "login": "usuario", "password": "senha", "extra": {"environment": "simulator", "codigo_perfil_agente": "1234",
  "ca_bundle": "/opt/airflow/certificates/ca.pem", "client_certificate": "/opt/airflow/certificates/client.p12",
  "client_certificate_password": "malote-sim"}}'
export AIRFLOW_CONN_CIELO_DEFAULT='{"conn_type": "cielo", "host": "https://simulators:8444",
  "login": "1006993069", "password": "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3",
  "extra": {"environment": "simulator", "ca_bundle": "/opt/airflow/certificates/ca.pem"}}'
export AIRFLOW_CONN_BNDES_DEFAULT='{"conn_type": "bndes", "host": "https://simulators:8445/apa",
  "extra": {"environment": "simulator",
  "ca_bundle": "/opt/airflow/certificates/ca.pem", "client_certificate": "/opt/airflow/certificates/client.p12",
  "client_certificate_password": "malote-sim"}}'
export AIRFLOW_CONN_REINF_DEFAULT='{"conn_type": "reinf", "host": "https://simulators:8446",
  "extra": {"environment": "simulator",
  "ca_bundle": "/opt/airflow/certificates/ca.pem", "client_certificate": "/opt/airflow/certificates/client.p12",
  "client_certificate_password": "malote-sim"}}'
END

# What the pages of the api-server read: the journal, and nothing that reaches an institution.
keep pages <<END
export AIRFLOW_CONN_MALOTE_WAREHOUSE='{"conn_type": "postgres", "host": "postgres", "port": 5432, "schema": "malote",
  "login": "malote_runtime", "password": "$(cat malote_runtime)"}'
END

echo "secrets: $(ls | wc -l | tr -d ' ') files; the login admin of Airflow has the password in secrets/airflow_admin"
