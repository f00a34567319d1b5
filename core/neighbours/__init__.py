"""Nearest neighbours in one embedding: the k-NN graph that all diagnostics share, and search by vector, exact or
approximate with one interface. This package knows nothing about labels, arms or studies."""
