"""The WSDL of the two CCEE services, written from the shape of CCEE's v1 family: the true ones were never published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, its operation, and the elements of its messages and of their types."""

    name: str
    operation: str
    request: str
    response: str
    body_types: str
    business_types: str


_IMPORT = Service(
    name="ImportarArquivoBSv1",
    operation="importarArquivo",
    request="importarArquivo",
    response="importarArquivoResponse",
    body_types="""
      <xs:element name="importarArquivo"><xs:complexType><xs:sequence>
        <xs:element name="arquivo" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="importarArquivoResponse"><xs:complexType><xs:sequence>
        <xs:element name="codigoProcessamento" type="xs:long" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>""",
    business_types="",
)
_RESULT = Service(
    name="ResultadoProcessamentoBSv1",
    operation="obterResultadoProcessamento",
    request="obterResultadoProcessamentoRequest",
    response="obterResultadoProcessamentoResponse",
    body_types="""
      <xs:element name="obterResultadoProcessamentoRequest"><xs:complexType><xs:sequence>
        <xs:element name="processamento" type="bo:Processamento"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="obterResultadoProcessamentoResponse"><xs:complexType><xs:sequence>
        <xs:element name="resultadoProcessamento" type="bo:ResultadoProcessamento" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>""",
    business_types="""
      <xs:complexType name="Processamento"><xs:sequence>
        <xs:element name="codigoProcessamento" type="xs:long"/>
        <xs:element name="tipoProcessamento" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType>
      <xs:complexType name="ResultadoProcessamento"><xs:sequence>
        <xs:element name="codigoProcessamento" type="xs:long" minOccurs="0"/>
        <xs:element name="ResultadosProcessamentoImportacaoContrato" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="detalhe" type="bo:Detalhe" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType>
      <xs:complexType name="Detalhe"><xs:sequence>
        <xs:element name="status" type="xs:string" minOccurs="0"/>
        <xs:element name="descricao" type="xs:string" minOccurs="0"/>
        <xs:element name="contrato" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="codigoOrigem" type="xs:string" minOccurs="0"/>
          <xs:element name="codigo" type="xs:long" minOccurs="0"/>
          <xs:element name="vigencias" minOccurs="0"><xs:complexType><xs:sequence>
            <xs:element name="vigencia" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
              <xs:element name="comprador" type="bo:Perfil" minOccurs="0"/>
              <xs:element name="vendedor" type="bo:Perfil" minOccurs="0"/>
            </xs:sequence></xs:complexType></xs:element>
          </xs:sequence></xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType>
      <xs:complexType name="Perfil"><xs:sequence>
        <xs:element name="codigo" type="xs:long" minOccurs="0"/>
      </xs:sequence></xs:complexType>""",
)
SERVICES: dict[str, Service] = {f"/ws/cntr/{each.name}": each for each in (_IMPORT, _RESULT)}
"""Every service, by path."""

_FAULTS = {
    "InvalidParametersFaultMessage": "invalidParametersFault",
    "UnexpectedTechnicalFaultMessage": "unexpectedTechnicalFault",
    "UnexpectedSchemaFaultMessage": "unexpectedSchemaFault",
}
_SCHEMA = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" attributeFormDefault="qualified"'


def wsdl(service: Service, address: str) -> bytes:
    """The document of one service, whole (the true family imports 33 schemas), with `address` as its soap:address."""
    messages = "".join(
        f'<message name="{message}"><part name="fault" element="fm:{element}"/></message>'
        for message, element in _FAULTS.items()
    )
    throws = "".join(f'<fault name="{message}" message="tns:{message}"/>' for message in _FAULTS)
    bound = "".join(
        f'<fault name="{message}"><soap:fault name="{message}" use="literal"/></fault>' for message in _FAULTS
    )
    elements = "".join(f'<xs:element name="{element}" type="fm:Fault"/>' for element in _FAULTS.values())
    name, operation = service.name, service.operation
    ports = "".join(
        f'<port name="{port}" binding="tns:{name}SOAPBinding"><soap:address location="{address}"/></port>'
        for port in (f"{name}SOAPPort", f"{name}SOAPPort.0")
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions name="{name}" targetNamespace="http://xmlns.energia.org.br/BS/v1" xmlns:tns="http://xmlns.energia.org.br/BS/v1"
  xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:wsse="{_OAS}" xmlns:mh="http://xmlns.energia.org.br/MH/v1"
  xmlns:bm="http://xmlns.energia.org.br/BM/v1" xmlns:fm="http://xmlns.energia.org.br/FM">
  <types>
    <xs:schema {_SCHEMA} targetNamespace="{_OAS}" xmlns:wsse="{_OAS}">
      <xs:element name="Security"><xs:complexType><xs:sequence>
        <xs:element name="UsernameToken" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="Username" type="xs:string" minOccurs="0"/>
          <xs:element name="Password" type="xs:string" minOccurs="0"/>
        </xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:schema>
    <xs:schema {_SCHEMA} targetNamespace="http://xmlns.energia.org.br/MH/v1">
      <xs:element name="messageHeader"><xs:complexType><xs:sequence>
        <xs:element name="codigoPerfilAgente" type="xs:string" minOccurs="0" nillable="true"/>
        <xs:element name="transactionId" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>
    </xs:schema>
    <xs:schema {_SCHEMA} targetNamespace="http://xmlns.energia.org.br/BO/v1" xmlns:bo="http://xmlns.energia.org.br/BO/v1">{service.business_types}
    </xs:schema>
    <xs:schema {_SCHEMA} targetNamespace="http://xmlns.energia.org.br/BM/v1" xmlns:bo="http://xmlns.energia.org.br/BO/v1">
      <xs:import namespace="http://xmlns.energia.org.br/BO/v1"/>{service.body_types}
    </xs:schema>
    <xs:schema {_SCHEMA} targetNamespace="http://xmlns.energia.org.br/FM" xmlns:fm="http://xmlns.energia.org.br/FM">
      <xs:complexType name="Fault"><xs:sequence>
        <xs:element name="errorCode" type="xs:string"/>
        <xs:element name="message" type="xs:string"/>
        <xs:element name="uri" type="xs:string" minOccurs="0"/>
        <xs:element name="transactionId" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType>
      {elements}
    </xs:schema>
  </types>
  <message name="{operation}RequestMessage">
    <part name="Security" element="wsse:Security"/>
    <part name="MessageHeader" element="mh:messageHeader"/>
    <part name="{service.request}" element="bm:{service.request}"/>
  </message>
  <message name="{operation}ResponseMessage">
    <part name="MessageHeader" element="mh:messageHeader"/>
    <part name="{service.response}" element="bm:{service.response}"/>
  </message>
  {messages}
  <portType name="{name}PortType">
    <operation name="{operation}">
      <input message="tns:{operation}RequestMessage"/>
      <output message="tns:{operation}ResponseMessage"/>
      {throws}
    </operation>
  </portType>
  <binding name="{name}SOAPBinding" type="tns:{name}PortType">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="{operation}">
      <soap:operation soapAction="{operation}"/>
      <input>
        <soap:header message="tns:{operation}RequestMessage" part="Security" use="literal"/>
        <soap:header message="tns:{operation}RequestMessage" part="MessageHeader" use="literal"/>
        <soap:body parts="{service.request}" use="literal"/>
      </input>
      <output>
        <soap:header message="tns:{operation}ResponseMessage" part="MessageHeader" use="literal"/>
        <soap:body parts="{service.response}" use="literal"/>
      </output>
      {bound}
    </operation>
  </binding>
  <service name="{name}">{ports}</service>
</definitions>
""".encode()


_OAS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
