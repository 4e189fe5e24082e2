"""Generated catalogs and their checks: `make fuzz`, test_generated_catalogs.py.

- `catalogs` generates valid catalogs over every key of the model, with `world`, `values`, `tables` and `services`.
- `mutants` changes valid catalogs, shipped or generated, with `mutations`.
- `checks` has the requirements on every catalog and its output, `omissions` the search for keys without effect.
- `run` generates examples from a seed and checks them. A seed always generates the same examples.
"""
