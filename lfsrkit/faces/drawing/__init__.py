"""How a face is drawn: numbers, anatomy (where things are), then layers of paint from the wall behind to the glasses."""
