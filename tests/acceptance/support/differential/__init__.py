"""The same calls by Tableau's Python client and by ours, compared request by request and value by value."""
