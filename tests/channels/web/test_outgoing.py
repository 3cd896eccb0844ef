"""What a person did in a tab, in the core's words."""

from channels.web.outgoing import Outgoing, Upload
from core.conversation.messages import Kind


def test_a_text_beside_files_is_the_caption_of_the_last_one() -> None:
    uploads = [Upload(f"{n}.jpg", "image/jpeg", 0, f"spooled {n}") for n in range(3)]
    message = Outgoing("key", "Anna", uploads=uploads)
    events = message.events()
    assert [event.kind for event in events] == [Kind.PHOTO] * 3
    assert [event.caption for event in events] == ["", "", "Anna"]
