"""Running a counter in processes of their own, under the same control as threads.

```
engine ── commands ──▶ nursery ── forks ──▶ a process a lane, all on one shared page
  └──────── a pipe to each: "I am going to …" ─▶ gate ─▶ "do" ─▶ "this came of it" ──────┘
```

The algorithm runs in the processes, on memory that they really share. What it is about to do it announces over its
pipe; the engine's thread for that lane takes it through the lane's gate, lets the process do it, and writes the
record. One process at a time is let, so the order is exact. Nothing that the *engine* uses is shared between processes
but that pipe, so a process may be killed at any moment: its pipe ends, and nobody else notices.

``store`` is what they share, ``announced`` the memory of the algorithm, ``process`` the body of a process, ``nursery``
the process that forks them, ``children`` the engine's way to it; ``crew``, ``memory``, ``lock`` and ``lane`` are the
engine's side.
"""
