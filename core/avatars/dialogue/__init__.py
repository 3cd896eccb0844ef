"""What the flow's guards ask and its effects change, in a turn's one transaction."""
