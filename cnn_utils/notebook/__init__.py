"""Read, pair and run notebooks; know their tasks."""
