"""Nearest neighbours in one embedding: the k-NN graph that all diagnostics share, and search by vector, exact or
approximate behind one interface. Nothing here knows of labels, arms or studies."""
