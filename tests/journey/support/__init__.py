"""What journeys are made of: namespaces, neighbours, SIP peers."""
