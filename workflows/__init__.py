"""Durable time and order. A workflow waits, wakes and passes commands on; it decides nothing and may be lost."""
