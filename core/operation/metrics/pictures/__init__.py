"""Numbers of pictures: totals of a period, and orders one by one."""
