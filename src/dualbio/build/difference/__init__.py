"""A build by what differs: after an edit of studies or lessons, what does not depend on it is taken over."""
