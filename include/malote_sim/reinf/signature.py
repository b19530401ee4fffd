"""Checks the signature of an event by xmlsec, and signs what the institution itself says."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from malote_sim.certificates import cnpj_of
from malote_sim.reinf.events import Element, local
from malote_sim.reinf.kinds import DSIG

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DSIG}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ROOT = "{http://www.w3.org/2000/09/xmldsig#}"
_SHAPE = (
    "Signature(SignedInfo(CanonicalizationMethod SignatureMethod Reference(Transforms(Transform Transform) "
    "DigestMethod DigestValue)) SignatureValue KeyInfo(X509Data(X509Certificate)))"
)


class NotSigned(Exception):
    """The signature is not as it has to be; `why` says in Portuguese what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key signed an event."""

    cnpj: str
    """"" when the certificate names none."""


def library() -> Any:
    """The module xmlsec, which only this simulator needs; ValueError says how to have it."""
    try:
        import xmlsec
    except ImportError as error:  # not installed, or built for another libxml2 than lxml is
        raise ValueError(
            f"the simulated EFD-Reinf checks signatures with xmlsec, which cannot be had ({error}): "
            "pip install 'airflow-provider-malote[simulators]'"
        ) from error
    return xmlsec


def verify(root: Element, authority: bytes, *, alone: Element | None = None) -> Signer:
    """Who signed the event whose root this is; `NotSigned` when nobody did as the manual wants it (M 3.7).

    It is checked where it stands, inside its lote, and if `alone` is given also as that document: the namespaces that
    the lote declares are part of what C14N 1.0 signs. `authority` is the PEM of whom the institution trusts.
    """
    signature = root[-1]
    if signature.tag != f"{_ROOT}Signature" or len(root) != 2:
        raise NotSigned("a assinatura deve ser o último filho de Reinf, uma só")
    _check_shape(signature, root[0].get("id", ""))
    certificate = _certificate(signature, authority)
    for tree in (root, alone):
        if tree is not None and not _holds(tree, certificate):
            raise NotSigned("o evento ou a assinatura foi alterado depois de assinado")
    return Signer(cnpj_of(certificate.public_bytes(Encoding.DER)))


def sign(root: Element, main: Element, identity: bytes) -> None:
    """Sign `main` by its id into the last child of `root`; `identity` is the PEM of key and certificate."""
    xmlsec = library()
    signature = xmlsec.template.create(root, xmlsec.constants.TransformInclC14N, xmlsec.constants.TransformRsaSha256)
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri=f"#{main.get('id')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformInclC14N)
    xmlsec.template.x509_data_add_certificate(xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature)))
    context = xmlsec.SignatureContext()
    context.key = _own_key(identity)
    context.register_id(main, "id")
    context.sign(signature)


def _holds(root: Element, certificate: x509.Certificate) -> bool:
    xmlsec = library()
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem)
    context.register_id(root[0], "id")
    try:
        context.verify(root[-1])
    except xmlsec.Error:
        return False
    return True


@lru_cache
def _own_key(identity: bytes) -> Any:
    xmlsec = library()
    key = xmlsec.Key.from_memory(identity, xmlsec.constants.KeyDataFormatPem)
    key.load_cert_from_memory(identity, xmlsec.constants.KeyDataFormatPem)
    return key


def _check_shape(signature: Element, identity: str) -> None:
    """What the profile allows and no more: xmlsec would take others too."""
    if _outline(signature) != _SHAPE:
        raise NotSigned("a assinatura tem elementos a mais, a menos ou fora de ordem")
    algorithms = {local(each): each.get("Algorithm", "") for each in signature.iter() if each.get("Algorithm")}
    transforms = [each.get("Algorithm", "") for each in signature.iter(f"{_ROOT}Transform")]
    for name, wanted in (("CanonicalizationMethod", C14N), ("SignatureMethod", RSA_SHA256), ("DigestMethod", SHA256)):
        if algorithms.get(name) != wanted:
            raise NotSigned(f"{name} deve ser {wanted}")
    if sorted(transforms) != sorted((ENVELOPED, C14N)):
        raise NotSigned("as transformações devem ser enveloped-signature e C14N 1.0")
    uri = next(signature.iter(f"{_ROOT}Reference")).get("URI")
    if not identity or uri != f"#{identity}":
        raise NotSigned("a referência deve apontar para o id do evento")


def _certificate(signature: Element, authority: bytes) -> x509.Certificate:
    held = next(signature.iter(f"{_ROOT}X509Certificate")).text or ""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(held.split()), validate=True))
    except (ValueError, binascii.Error):
        raise NotSigned("X509Certificate não é um certificado") from None
    now = datetime.now(timezone.utc)  # as TLS: certificates live by the wall's clock, not by the simulated one
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotSigned("o certificado da assinatura está fora da validade")
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature):
        raise NotSigned("o certificado da assinatura não é de uma autoridade conhecida") from None
    return certificate


def _outline(element: Element) -> str:
    if not isinstance(element.tag, str):
        return "!"
    inside = " ".join(_outline(each) for each in element)
    name = local(element) if element.tag == f"{_ROOT}{local(element)}" else element.tag
    return f"{name}({inside})" if inside else name
