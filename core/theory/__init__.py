"""Why classes collapse and what would keep them from it: expected losses under label noise, and what follows for a
recipe. About made-up points and settings, never about a study's embeddings."""
