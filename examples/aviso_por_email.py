"""Airflow DAGs that write to whoever is on call: at once when a task fails, and every morning what is still open."""

# --8<-- [start:dag]
from malote_provider.flows import ccee_contratos, malote_vigia
from malote_provider.notifiers import MailNotifier

PLANTAO = MailNotifier(to=["plantao@empresa.com.br"])  # through the connection smtp_default

contratos = ccee_contratos("contratos_com_aviso", schedule=None, default_args={"on_failure_callback": PLANTAO})
vigia = malote_vigia("vigia_com_aviso", schedule=None, notifiers=[PLANTAO])
# --8<-- [end:dag]
