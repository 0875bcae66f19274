"""Every error and warning: its code, what it means, and an example that provokes it."""
