"""Where the engine touches the outside: load, call, save, receipt; or one call to the outside world. Never both."""
