"""The steps from a file to a valid catalog; `catalog.load` calls them in order."""
