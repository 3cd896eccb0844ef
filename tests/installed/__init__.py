"""What an operator installs: the wheel, its extras, and the files of `deploy/`."""
