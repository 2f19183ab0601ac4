"""The exercises of each chapter: what is asked, hints, and the check that names the mistake."""
