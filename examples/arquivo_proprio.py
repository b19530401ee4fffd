"""An Airflow DAG of one's own tasks: a contract file that another system has written is sent byte for byte."""

# --8<-- [start:dag]
from airflow.sdk import DAG, Param

from malote_provider.ccee import CceeLandOperator, CceeResultadoSensor, CceeSubmitOperator
from malote_provider.retries import retry_policy

with DAG(
    "arquivo_proprio",
    schedule=None,
    params={"arquivo": Param("contratos.xml", type="string")},
    default_args={"retries": 6, "retry_policy": retry_policy()},
) as dag:
    submit = CceeSubmitOperator(task_id="submit", arquivo="{{ params.arquivo }}")
    wait = CceeResultadoSensor(task_id="wait", pouch=submit.output, deferrable=True, patience="PT50M")
    land = CceeLandOperator(task_id="land", pouch=submit.output)
    submit >> wait >> land
# --8<-- [end:dag]
