"""Pages and documents of things."""
