"""Read models: answers to questions, folded from the events; each can be dropped and built again, row for row."""
