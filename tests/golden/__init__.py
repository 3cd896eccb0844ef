"""Histories of earlier versions, replayed on this one: nobody is stranded by an upgrade.

A history is what one person did, act by act, and what had changed after it of their conversation
and their rows (`kept`). What they had in sight stands beside it for whoever reads (`seen`): words
and buttons may change, and are not compared.
"""
