"""Settings, addresses, processes and the portal's shell."""
