"""推演: an invented city and its people, played through the real engine on each case's own virtual clock."""
