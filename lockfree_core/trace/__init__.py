"""The trace: what happened, record by record, in exact order."""
