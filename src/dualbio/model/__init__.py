"""What a record is and what it is called."""
