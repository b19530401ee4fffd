"""What `make up` prints, in Portuguese and English: what is done meanwhile, addresses, what to click first."""

from __future__ import annotations

from collections.abc import Mapping

STEPS = {
    "postgres": ("o PostgreSQL roda na porta {}", "PostgreSQL runs on port {}"),
    "airflow": ("o Airflow sobe em {}", "Airflow starts on {}"),
    "warehouse": ("o banco está migrado", "the warehouse is migrated"),
    "simulators": ("os simuladores rodam: {}", "the simulators run: {}"),
    "healthy": (
        "o Airflow está pronto: api-server, scheduler, dag-processor, triggerer",
        "Airflow is healthy: api-server, scheduler, dag-processor, triggerer",
    ),
    "stopping": ("parando", "stopping"),
    "stopped": ("parado", "stopped"),
    "nothing runs": ("nada roda em {}", "nothing runs in {}"),
    "asked": ("foi pedido que parasse: {}", "asked to stop: {}"),
    "not ended": (
        "o processo {} não terminou em {:.0f} s; os logs dele estão em {}",
        "process {} has not ended within {:.0f} s; its logs are in {}",
    ),
    "kept": ("parou; os dados ficam", "stopped; the data is kept"),
}
ENGLISH = """
  Airflow      {url}     user {user}, password {password}
  Simulators   {control}/_sim/     their clock, their faults, what they have received
  Warehouse    make psql     or: psql "$(cat {dsn})"
  Logs         {logs}

  What to click first
  1. In Airflow: Dags, ccee_contratos, Trigger, and Trigger again in the form. Four contracts wait in
     outgoing.ccee_contratos; its three tasks are green in a minute.
     Then: make psql SQL='select * from report.ccee_contratos'
     One of the four comes back refused: that is CCEE's answer, not a failure. It shows on the page Browse, Malote.
  2. bndes_operacoes, Trigger: two proposals, each answered on its own; what lands starts the next step by itself.
  3. cielo_lote, Trigger: a return of Cielo takes twelve hours. Let them pass on the simulators' page: + 13 hours.
     When it has landed, go back to the wall clock there.
  4. reinf_eventos, Trigger: last month's contributor and three events of payments. One is refused, its tax is above
     its base, so the month's closing waits: make psql SQL='select * from report.reinf_competencia'
  5. Play a fault on the simulators' page (lost_reply on importarArquivo), insert a row, trigger again: a doubt.
  Admin, Connections: edit one, and Test says in words what is wrong.

  {rhythm}
  Ctrl-C, or make down, stops everything; the data is kept, make clean throws it away.
"""
PORTUGUESE = """
  Airflow      {url}     usuário {user}, senha {password}
  Simuladores  {control}/_sim/     o relógio, as falhas e o que receberam
  Banco        make psql     ou: psql "$(cat {dsn})"
  Logs         {logs}

  O que clicar primeiro (entre parênteses, como o Airflow o chama num navegador em inglês)
  1. No Airflow: Dags, ccee_contratos, Acionar (Trigger), e Acionar de novo no formulário. Quatro contratos esperam em
     outgoing.ccee_contratos; as três tarefas ficam verdes em um minuto.
     Depois: make psql SQL='select * from report.ccee_contratos'
     Um dos quatro volta recusado: é a resposta da CCEE, não uma falha. Aparece na página Navegar (Browse), Malote.
  2. bndes_operacoes, Acionar: duas propostas, cada uma respondida por si; o que é gravado inicia a etapa seguinte.
  3. cielo_lote, Acionar: um retorno da Cielo leva doze horas. Na página dos simuladores, + 13 horas as faz passar.
     Quando tiver sido gravado, volte lá à hora certa.
  4. reinf_eventos, Acionar: o contribuinte e três eventos de pagamentos do mês passado. Um é recusado, o imposto passa
     da base, e por isso o fechamento espera: make psql SQL='select * from report.reinf_competencia'
  5. Simule uma falha na página dos simuladores (lost_reply em importarArquivo), insira uma linha e acione de novo: uma
     dúvida.
  Administração (Admin), Conexões: edite uma, e Testar Conexão (Test) diz em palavras o que está errado.

  {rhythm}
  Ctrl-C, ou make down, para tudo; os dados ficam, make clean os apaga.
"""
RHYTHM = {
    True: ("As DAGs rodam também pelos seus horários.", "The DAGs also run by their timetables."),
    False: (
        "Uma DAG roda quando você a aciona, ou quando chega o que ela espera; pelos horários, com SCHEDULED=1.",
        "A DAG runs when you trigger it, or when what it waits for has landed; by timetables with SCHEDULED=1.",
    ),
}


class Told:
    """The texts in one language.

    :param environment: of whoever reads; Portuguese where its locale begins with ``pt``
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
        self.portuguese = locale.lower().startswith("pt")

    def step(self, what: str, *values: object) -> str:
        """What has been done, one of :data:`STEPS`."""
        return STEPS[what][not self.portuguese].format(*values)

    def welcome(self, *, scheduled: bool, **values: object) -> str:
        """What a newcomer is told: addresses, login, what to click first."""
        text = PORTUGUESE if self.portuguese else ENGLISH
        return text.format(rhythm=RHYTHM[scheduled][not self.portuguese], **values)


IN_ENGLISH = Told({})
