"""Text to tokens, and what a character or word of another language was meant as."""
