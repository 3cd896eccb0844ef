"""What can be typed after `likeness`: a file for each kind of command.

What a command needs is imported inside it: `likeness --help` shows at once, and `likeness config`
works where a library is missing.
"""
