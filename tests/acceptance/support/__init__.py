"""What the acceptance tests share: the live server, a plain HTTP client, and made-up content."""
