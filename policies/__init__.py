"""The law: levels, findings, policies and the decision. Pure: no clock, no network, no database."""
