"""Classes: one class of both arms, its sub-clusters, where its modes went, and what to try."""
