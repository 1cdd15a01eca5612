"""The `lookback` command: one module a group of words."""
