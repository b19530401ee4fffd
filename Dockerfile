# One image for every service of docker-compose.yaml: Airflow's daemons, the worker and the simulators.
# What is installed is what uv.lock says, thus what the tests have seen: `uv pip sync` also removes the
# providers of the official image that malote does not use. BASE is the official image, or one that is made like it.
ARG BASE=apache/airflow:3.3.2-python3.12
FROM ${BASE} AS build
RUN mkdir /tmp/malote
WORKDIR /tmp/malote
COPY --chown=airflow:0 pyproject.toml uv.lock README.md CHANGELOG.md LICENSE ./
RUN uv export --frozen --no-default-groups --extra celery --extra s3 --extra simulators --no-emit-project --output-file requirements.txt > /dev/null
COPY --chown=airflow:0 include ./include
COPY --chown=airflow:0 plugins ./plugins
COPY --chown=airflow:0 schemas ./schemas
COPY --chown=airflow:0 dags ./dags
RUN uv build --wheel --out-dir dist

FROM ${BASE}
COPY --from=build --chown=airflow:0 /tmp/malote/requirements.txt /tmp/malote/requirements.txt
RUN uv pip sync --no-cache --require-hashes /tmp/malote/requirements.txt
COPY --from=build --chown=airflow:0 /tmp/malote/dist /tmp/malote/dist
RUN uv pip install --no-cache --no-deps /tmp/malote/dist/*.whl \
    && mkdir -p /opt/airflow/archive /opt/airflow/state /opt/airflow/certificates
COPY --chown=airflow:0 dags /opt/airflow/dags
USER airflow
