"""Tests: each one a claim about the programme."""
