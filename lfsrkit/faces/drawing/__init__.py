"""How a face is drawn: its numbers, its anatomy, then layers of paint from the wall behind to the glasses."""
