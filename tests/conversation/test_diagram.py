"""The table as a picture."""

from core.app.commands.diagram import diagram
from tests.feedback import TABLE


def test_the_diagram_shows_the_way_through() -> None:
    lines = [line.strip() for line in diagram(TABLE).splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert "[*] --> asking_rating" in lines
    assert "asking_rating --> asking_comment: rate" in lines
    assert "confirming --> thanked: send" in lines


def test_what_applies_everywhere_leads_back_or_stays_is_left_out() -> None:
    drawn = diagram(TABLE)
    for hidden in ("start", "back", "photo", "text", "answered"):
        assert f": {hidden}" not in drawn


def test_a_group_is_a_box_around_its_states() -> None:
    lines = [line.strip() for line in diagram(TABLE).splitlines()]
    box = lines[lines.index("state FORM {") : lines.index("}") + 1]
    assert box == ["state FORM {", "asking_rating", "asking_comment", "confirming", "}"]
