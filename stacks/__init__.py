"""Everything that imports cdktf. `bindings` comes first: it makes that import fast for all the others."""

from stacks import bindings as bindings
