"""What a person sees: every function here turns events into something rich can print."""
