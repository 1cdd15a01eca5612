"""专家评审: experts score the applications of a batch behind each other's backs, and the ranking gives the places."""
