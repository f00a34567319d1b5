"""What lasts between two reruns: the view on screen, the address, a recipe handed over to the form, and what is cached
for all sessions. It draws nothing."""
