"""Documents taken into an index, passages found in it, and what is found judged before anybody reads it."""
