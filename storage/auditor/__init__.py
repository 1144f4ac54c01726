"""Checks an exported audit log alone: no database, no network, and nothing else of Cordon.

It needs Python, `cryptography` and `pyarrow`. Copy the folder, or build one
file of it with `python -m storage.auditor.build`.
"""
