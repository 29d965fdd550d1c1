"""Running a structure in real threads under control, with every access recorded."""
