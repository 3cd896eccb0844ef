"""`make chaos`: people at work with many processes, while those and their servers are killed.

`town` holds the servers and the processes of two hosts, `lines` what lies between them, `crowd` the
people who come whether or not anything answers, `trouble` what befalls them, `operator` whoever
runs it, `checker` what has become of everybody, read from the journals of the servers and from the
database alone.
"""
