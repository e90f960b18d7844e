"""Tableau's tabcmd and ours beside each other: command lines, how they are run, and what a server is like afterwards."""
