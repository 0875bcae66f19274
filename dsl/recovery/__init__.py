"""What a text that does not parse was meant as, and where reading goes on."""
