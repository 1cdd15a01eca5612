"""资金: where the programme's money comes from, who holds it, and where every fen of it went."""
