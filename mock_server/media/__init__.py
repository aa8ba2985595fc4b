"""Making and reading bytes: pictures, sound, speech."""
