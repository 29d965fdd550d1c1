"""Stepping: structures run access by access, in one thread of the system, under a schedule that decides who moves.

A *step* of a thread is its next access (or allocation, or lock operation) with everything thread-local that follows,
up to the access after it. The same structure, program and schedule give the same trace on every machine and every
Python. Accesses are sequentially consistent: one after another, each whole.
"""
