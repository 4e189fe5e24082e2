"""What follows from a deployment as a whole: the same answers for the rules, the reports and the stacks."""
