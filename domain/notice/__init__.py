"""公示: what a city puts before the public, how long it stands, who objects, and the proof that it stood unchanged."""
