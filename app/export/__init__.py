"""Executions as files of their own: one HTML page with everything in it, that plays from disk."""
