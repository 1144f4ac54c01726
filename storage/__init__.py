"""The memory: PostgreSQL, the audit log, Parquet and keys."""
