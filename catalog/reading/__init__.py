"""How a file becomes deployments, step by step; `catalog.load` calls the steps in their order."""
