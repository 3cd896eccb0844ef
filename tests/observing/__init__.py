"""What whoever operates the bot sees of it: liveness, alert rules, logs."""
