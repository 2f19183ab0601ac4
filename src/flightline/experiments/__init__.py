"""Experiments whose results the course shows: each can be run again with ``python -m``."""
