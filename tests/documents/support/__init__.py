"""What the document tests share."""
