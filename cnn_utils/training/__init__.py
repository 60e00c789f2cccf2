"""Around Keras' `fit`.

caching.py       fit_cached and cached: the same work is not repeated
cache_key.py     what a stored result depends on
batches.py       ImageBatches: images are prepared batch by batch
monitor.py       curves and a Stop button during a training
progress.py      a progress bar for a whole training
profile.py       full or quick, and the seed
acceleration.py  fast_training: what this machine's processor supports
"""
