"""Screens of pictures: choosing what to paint, waiting for it, and looking after what came."""
