"""Networks and checkpoints; imports neither `core` nor `app`. Import its modules by name: most bring torch along."""
