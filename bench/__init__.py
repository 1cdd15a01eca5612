"""Side by side: what this house does in a second beside what its own libraries do bare (``make bench``)."""
