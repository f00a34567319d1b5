"""What the pages have in common between two reruns: the address, and what is cached for all sessions. It draws
nothing but the pickers of study and arms."""
