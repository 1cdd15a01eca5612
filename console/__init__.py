"""The console: pages of the programme for those who run it and those who audit it. Read-only for now."""
