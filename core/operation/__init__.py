"""What runs beside the dialogue and watches over it: the worker, alerts, admin actions, metrics."""
