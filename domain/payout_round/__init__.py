"""兑付轮次: a plan of who gets what is approved as a whole, paid on one document, and followed to the last receipt."""
