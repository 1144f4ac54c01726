"""The work: read, look, decide, ask, check. No database, no Prefect, no environment."""
