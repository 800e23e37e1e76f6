"""An answer: typed rows, every output format, and the view for people."""
