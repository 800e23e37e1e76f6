"""Commands over several studies: beside each other, and pooled."""
