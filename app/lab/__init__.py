"""Lab: why classes collapse, by theory, by experiments on synthetic data, and by the playback of trainings."""
