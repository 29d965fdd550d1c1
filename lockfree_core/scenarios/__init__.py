"""Executions by name: a structure, a program, a schedule; and the scenarios that show what the theory claims."""

from lockfree_core.scenarios.spec import StepSpec, run_spec

__all__ = ["StepSpec", "run_spec"]
