"""Draws the thumbnails with matplotlib; `thumbs.py` is the way in."""
