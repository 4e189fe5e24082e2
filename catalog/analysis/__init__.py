"""Properties of a whole deployment, which rules, reports and stacks share."""
