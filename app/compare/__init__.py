"""Compare: two arms side by side, from the headline down to single items."""
