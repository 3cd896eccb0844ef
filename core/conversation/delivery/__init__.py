"""What a channel's author reads: capabilities, rendering, the outbox and the courier."""
