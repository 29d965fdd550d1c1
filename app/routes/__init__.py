"""HTTP and WebSocket endpoints: they check what came, ask a service, and say what it answered."""
