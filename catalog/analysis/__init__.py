"""What follows from a deployment as a whole, computed once for the rules, the reports and the stacks."""
