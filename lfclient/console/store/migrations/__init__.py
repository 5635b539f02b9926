"""How the store's tables came to be; run whenever a store is opened."""
