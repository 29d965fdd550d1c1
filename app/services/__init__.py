"""What runs behind the pages: runs with their engines, the stream of each side, charts, recordings."""
