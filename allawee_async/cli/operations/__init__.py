"""The nouns and verbs of the API as commands, made from the typed methods themselves."""
