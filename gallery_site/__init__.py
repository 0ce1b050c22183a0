"""Wiring only: settings, addresses, start. Imports the apps and is imported by none of them."""
