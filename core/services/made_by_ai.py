"""The mark of a picture that no camera has taken: IPTC's digital source type, in XMP.

It is written into every picture that is made, and kept by whatever is drawn from one.
"""

from __future__ import annotations

SOURCE = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""'
    b' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    b'<Iptc4xmpExt:DigitalSourceType rdf:resource="' + SOURCE + b'"/>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    b'<?xpacket end="r"?>'
)


def marked(data: bytes) -> bool:
    """Whether a picture's file bears the mark."""
    return SOURCE in data
