"""Everything that imports cdktf. `stacks.jsii` comes first: it makes that import fast for all other modules."""

from stacks import jsii as jsii
