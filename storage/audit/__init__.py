"""The audit log: what it records, how it is signed, asked and exported."""
