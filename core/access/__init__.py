"""Access control of the app: the folders that typed paths may point into, and uploaded files."""
