"""The newsletter: who asked for it, what a week's letter says, and sending it once to each."""
