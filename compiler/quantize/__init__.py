"""A network in numbers of eight bits: ranges seen on samples, layers chosen by what they lose, agreement measured."""
