"""The claims of the classic article on lock-free structures in Python, each put to the test.

What can be measured is judged from the intervals of a run (``measured.py``), what can be shown from executions that are
run when asked (``shown.py``). ``registry.py`` has them all, ``reference.py`` the runs that come with the package, for a
machine on which nothing was measured yet.
"""
