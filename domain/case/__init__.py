"""一企一档: the case of one firm, one room per stage; each room holds its commands, events and rules."""
