"""Commands over several studies: compare and pool."""
