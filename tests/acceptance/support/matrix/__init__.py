"""The matrix of permissions: who may call what on which item, as a plain model, and the world to ask it in."""
