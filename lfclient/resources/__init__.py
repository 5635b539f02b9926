"""What a server keeps for its flows: models and their providers, variables, knowledge bases."""
