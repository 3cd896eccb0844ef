"""The specification, line by line, and how each line is seen in the product."""
