"""Every number of the dashboard and the alerts: one function and one aggregate query each.

A file is a topic. Quantiles are exact: from rows, not from buckets. A moment is seconds since 1970.
"""
