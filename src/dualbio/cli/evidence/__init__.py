"""Commands that bring evidence in and out: references and sheets of other tools, and registry records read again."""
