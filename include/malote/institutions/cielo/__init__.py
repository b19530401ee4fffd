"""Cielo eCommerce Webservice 1.5, Processamento em Lote: card transactions in lots."""
