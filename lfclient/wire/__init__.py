"""What servers send: schemas, server-sent events, server info, addresses."""
