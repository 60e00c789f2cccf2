"""The way forward: a fast network, its recipe, and what each ingredient is worth."""
