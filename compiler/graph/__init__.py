"""The program and its graph: steps with shapes and scopes, and plain facts about them."""
