"""The programme's rules and facts: pure Python, no clock, no I/O."""
