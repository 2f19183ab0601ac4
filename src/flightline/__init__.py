"""Flightline: the system the course builds, from data to a monitored model.

The flow is data → definition → features → training; each module imports only what is upstream.
"""
