"""Access control of the app: who may use it, the folders that typed paths may point into, and uploaded files."""
