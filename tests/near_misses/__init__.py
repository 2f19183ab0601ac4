"""Plausible wrong answers, each with the message it must get, and right answers written otherwise.

A chapter's module holds two dictionaries by exercise: ``NEAR_MISSES`` with pairs of message id and
answer, ``ALTERNATIVES`` with answers that must pass.
"""
