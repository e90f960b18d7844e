"""The sample workbooks, one module each."""
