"""规则包: each city's rules as data, and the reading of them."""
