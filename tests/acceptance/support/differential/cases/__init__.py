"""What is compared: one module for each part of the API, found by itself. See `case.py` for what a case is."""
