from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipeline.tasks import Task, parse_task, shipped_task
from policies.policy import Policy, parse_policy
from tests.lib.closed_api import ClosedApi, closed_api

SAMPLE = """\
name: sample
version: 1
description: A word about a document.
prompt: Say something about the document.
answer:
  type: object
  additionalProperties: false
  required: [reason, kind]
  properties:
    reason: {type: string, minLength: 1, maxLength: 200}
    kind: {enum: [invoice, letter, other]}
limits:
  max_input_characters: 2000
  max_output_tokens: 100
  temperature: 0
models:
  on_prem: default
  closed: default
"""

POLICY = """\
name: small
version: 1
description: Names are confidential, social security numbers regulated.
default_level: public
unlisted: regulated
doubt: internal
routes: {public: closed, internal: closed, confidential: closed_pseudonymised, regulated: on_prem}
unknown_call: hold
threshold: 0.5
topics:
  health: {score: 0.5, level: internal}
rules:
  - id: name
    says: A name is confidential.
    level: confidential
    any: [PERSON, EMAIL_ADDRESS]
    cites: [{regulation: none, clause: none}]
  - id: ssn
    says: A social security number is regulated.
    level: regulated
    any: [US_SSN]
    cites: [{regulation: none, clause: none}]
  - id: health-and-name
    says: A name with health is regulated.
    level: regulated
    any: [PERSON]
    topics: [health]
    cites: [{regulation: none, clause: none}]
"""

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def sample_text() -> str:
    return SAMPLE


@pytest.fixture
def task() -> Task:
    return parse_task(SAMPLE, name="sample.yaml")


@pytest.fixture
def triage() -> Task:
    return shipped_task("triage")


@pytest.fixture
def policy() -> Policy:
    return parse_policy(POLICY, name="small.yaml")


@pytest.fixture
def api() -> Iterator[ClosedApi]:
    with closed_api() as running:
        yield running
