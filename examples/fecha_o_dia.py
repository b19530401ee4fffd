"""Airflow DAGs that consume: each day of which results have landed becomes a partition, and is summed up by itself."""

# --8<-- [start:dag]
from typing import Any

from airflow.sdk import DAG, Asset, BaseHook, PartitionedAssetTimetable, task

from malote_provider.ccee import RESULTADO_PROCESSAMENTO

DIA = Asset(name="contratos_do_dia", uri="malote://exemplo/contratos_do_dia")

DIAS = """
    select distinct ((landed_at at time zone 'America/Sao_Paulo')::date)::text as dia
    from ccee.resultado_processamento where landed_at > now() - interval '2 days' order by 1
"""
SOMA = """
    insert into relatorio.contratos_do_dia (dia, aceitos, recusados)
    select %(dia)s::date, count(*) filter (where status in ('SUCESSO', 'AVISO')),
           count(*) filter (where status = 'ERRO')
    from ccee.resultado_processamento where (landed_at at time zone 'America/Sao_Paulo')::date = %(dia)s::date
    on conflict (dia) do update set aceitos = excluded.aceitos, recusados = excluded.recusados
"""

with DAG("contratos_por_dia", schedule=[RESULTADO_PROCESSAMENTO]) as por_dia:  # land emits it where something landed

    @task(outlets=[DIA])
    def reparte(outlet_events: Any = None) -> None:
        days = [day for (day,) in BaseHook.get_hook("malote_warehouse").get_records(DIAS)]
        outlet_events[DIA].add_partitions(days)

    reparte()

with DAG("fecha_o_dia", schedule=PartitionedAssetTimetable(assets=DIA)) as fecha:

    @task
    def soma(dia: str) -> None:
        BaseHook.get_hook("malote_warehouse").run(SOMA, parameters={"dia": dia})

    soma("{{ dag_run.partition_key or dag_run.conf.dia }}")  # a run by hand names its day: {"dia": "2026-11-27"}
# --8<-- [end:dag]
