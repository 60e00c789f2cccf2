"""Run the code of a hand-in without network, and with bounded time, memory and disk."""
