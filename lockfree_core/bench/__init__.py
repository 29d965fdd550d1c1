"""The benchmark lab: what is measured, how a sample is taken, repeated, stored and put into words.

A *sample* is one fresh process (``sample``), a *case* is a candidate with a workload on an interpreter, a *run* is
cases whose samples alternate (``runner``) until their medians are known well enough. Nothing here but the standard
library and the package itself, so that any interpreter can take a sample.
"""
