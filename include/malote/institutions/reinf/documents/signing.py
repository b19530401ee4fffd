"""The signature of an event: XMLDSig over its main element, by the connection's e-CNPJ; the key stays in memory."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from malote.clock import day_of
from malote.institutions.reinf.rules import misfit
from malote.pkcs12 import opened
from malote.texts import english

_DS = "http://www.w3.org/2000/09/xmldsig#"


class Signer:
    """Signs events with the key of a PKCS#12 file: RSA-SHA256, C14N 1.0, the certificate of the end user only (M 3.7).

    :param path: of `client_certificate`
    :param password: that opens it
    :param at: the instant of signing, aware: the certificate may not have expired by then
    :raises Misconfigured: where the file is missing, does not open, has no RSA key, or has expired
    """

    def __init__(self, path: str, password: str, at: datetime) -> None:
        if not path:
            raise misfit(english("s_sign_none"), english("s_do_pkcs12"))
        try:
            inside = opened(Path(path).read_bytes(), password)
        except OSError as wrong:
            why = (wrong.strerror or "unknown").lower()
            raise misfit(english("s_sign_unread", path=path, why=why), english("s_do_readable")) from None
        except (ValueError, UnsupportedAlgorithm):
            raise misfit(
                english("s_sign_pkcs12", path=path),
                english("s_do_try_password"),
            ) from None
        if inside.cert is None or not isinstance(inside.key, RSAPrivateKey):
            raise misfit(english("s_sign_no_key", path=path), english("s_do_export_both"))
        held = inside.cert.certificate
        if at > held.not_valid_after_utc:
            raise misfit(
                english("s_sign_expired", day=day_of(held.not_valid_after_utc)), english("s_do_renew"),
            )  # fmt: skip
        self._key, self._certificate = inside.key, held
        self._signer = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        )
        self._signer.namespaces = {None: _DS}  # type: ignore[dict-item]

    def signed(self, document: str, id: str) -> bytes:
        """The event with its signature as the last child of its root; the same bytes each time.

        :param document: the event without an XML declaration
        :param id: that of its main element
        """
        signed = self._signer.sign(
            etree.fromstring(document),
            key=self._key,
            cert=[self._certificate],
            reference_uri=f"#{id}",
            id_attribute="id",
        )
        whole = etree.fromstring(etree.tostring(signed))  # what signxml returns cannot be searched, nor put elsewhere
        for held in whole.iter(f"{{{_DS}}}X509Certificate"):  # no formatting (M 5.2); nothing of it is signed
            held.text = "".join(str(held.text).split())
        return etree.tostring(whole)
