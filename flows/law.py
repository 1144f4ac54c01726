"""What a run is decided by and asked: a policy and a task, with the very text that they were read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import Usage
from pipeline.tasks import Task, parse_task, read_shipped_task, shipped_tasks
from policies.policy import Policy, parse_policy, read_shipped, shipped_policies
from storage.rows import RunSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A policy and a task; the texts go into the run, so that a resumed run does what it began to do."""

    policy: Policy
    policy_text: str = field(repr=False)
    task: Task
    task_text: str = field(repr=False)


def read_law(policy: str, task: str) -> Law:
    """Return the policy and the task of those names: shipped ones, or YAML files.

    Raises:
        Usage: there is no such policy or task.
        PolicyError, TaskError: a file is not valid; says where, and what is allowed.
    """
    policy_text = read_policy_text(policy)
    task_text = _shipped_or_file(task, shipped_tasks(), read_shipped_task, "--task")
    return Law(
        policy=parse_policy(policy_text, name=policy),
        policy_text=policy_text,
        task=parse_task(task_text, name=task),
        task_text=task_text,
    )


def law_of(spec: RunSpec) -> Law:
    """Return the law that a run began with."""
    return Law(
        policy=parse_policy(spec.policy_text, name=spec.policy_name),
        policy_text=spec.policy_text,
        task=parse_task(spec.task_text, name=spec.task_name),
        task_text=spec.task_text,
    )


def read_policy(name: str) -> Policy:
    """Return the policy of that name. Raises what `read_law` does."""
    return parse_policy(read_policy_text(name), name=name)


def read_policy_text(name: str) -> str:
    """Return the YAML of the policy of that name.

    Raises:
        Usage: it is neither shipped nor a file.
    """
    return _shipped_or_file(name, shipped_policies(), read_shipped, "--policy")


def _shipped_or_file(name: str, shipped: Sequence[str], read: Callable[[str], str], option: str) -> str:
    if name in shipped:
        return read(name)
    path = Path(name)
    if not path.is_file():
        raise Usage(f"{option} is neither a file nor one of: {', '.join(shipped)}.")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Usage(f"{option} names a file that cannot be read as UTF-8 text.") from None
