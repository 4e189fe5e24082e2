"""Generated catalogs and the checks that all of them go through: `make fuzz`, test_generated_catalogs.py.

- `catalogs` generates valid catalogs over every key of the model, with `world`, `values`, `tables` and `services`.
- `mutants` changes valid catalogs, shipped or generated, with `mutations`.
- `checks` has what must hold of any catalog and its output, `omissions` whether the output says all of it.
- `run` draws examples by a seed and checks them. The same seed draws the same examples, whatever else was imported.
"""
