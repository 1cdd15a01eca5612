"""How hard the property tests look: ``ci`` by default, ``nightly`` with ``HYPOTHESIS_PROFILE=nightly``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CALM = (HealthCheck.too_slow, HealthCheck.filter_too_much)

settings.register_profile(
    "ci", max_examples=40, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=_CALM
)
settings.register_profile(
    "nightly", max_examples=2_000, stateful_step_count=60, deadline=None, suppress_health_check=_CALM
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
