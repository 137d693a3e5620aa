"""Fog for lfsrkit: what it does to light, and a mask in its shape."""
