"""Servers that stand in for generators, written from what real ones answered."""
