"""Where texts are found, how outputs are written, and the networks that come with archc."""
