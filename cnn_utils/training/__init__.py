"""Around Keras' `fit`: stored trainings, batches, progress, profile, seed and acceleration."""
