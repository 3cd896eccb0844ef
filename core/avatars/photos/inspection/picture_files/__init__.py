"""Picture files as they come from strangers: read without decoding, cleaned, decoded.

What Pillow gets to decode, and what is stored, is never the file as it was sent but
the one that is put together here from the parts that make the picture. So no EXIF,
XMP, comment, second picture or appended archive is kept or ever parsed, and nothing
of it can leak, warn or crash. Only two things are read from the rest: which way is
up, and the colour profile.
"""
