"""The house: settings, addresses, processes and the portal's shell."""
