"""How probable is it that a flight lands 30 minutes late or more? A model small enough for CI."""
