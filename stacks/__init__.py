"""All modules that import cdktf. `stacks.jsii` is imported first: it makes that import fast for all the others."""

from stacks import jsii as jsii
