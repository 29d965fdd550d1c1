"""Many scripts as one, many style sheets as one: for the pages, and for files that play from disk."""
