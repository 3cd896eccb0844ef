"""Likeness: what other people's packages import.

`likeness_bot.channel` is for a channel, `likeness_bot.flow` for a dialogue of your own,
`likeness_bot.kit` for the rules that a channel keeps, `likeness_bot.testing` for tests of either,
`likeness_bot.errors` for what both may raise. These names are the public ones; the packages `core`,
`channels` and `dashboard` behind them may change.
"""
