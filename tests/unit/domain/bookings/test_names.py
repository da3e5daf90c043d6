"""Names of places and members as other systems write them: what they stand for here, and why not."""

import pytest

from smartwork.domain.bookings.names import Names, UnknownNameError, fold, member_spellings

NAMES = Names(
    centres={"gembloux": "Coworking Gembloux", "mons": "Mons", "mons-2": "Mons"},
    places={
        ("gembloux", "bureau-3"): "Bureau 3",
        ("gembloux", "salle-1"): "Salle du Pré",
        ("mons", "bureau-3"): "Bureau 3",
        ("mons", "desk-1"): "Desk",
        ("mons", "desk-2"): "Desk",
    },
    pseudonyms=frozenset({"m-1", "an"}),
    aliases_of_centres={"le hub": "gembloux"},
    aliases_of_places={"flex 7": ("mons", "desk-1"), "le hub, box": ("gembloux", "salle-1")},
    aliases_of_members={"an peeters": "m-1", "an@example.be": "m-2"},
)


@pytest.mark.parametrize(
    ("text", "centre", "place"),
    [
        ("gembloux/bureau-3", None, "gembloux/bureau-3"),
        ("Coworking Gembloux, Bureau 3", None, "gembloux/bureau-3"),
        ("coworking  GEMBLOUX,\u00a0bureau 3 ", None, "gembloux/bureau-3"),
        ("Bureau 3 - Coworking Gembloux", None, "gembloux/bureau-3"),
        ("Le Hub; Salle du Pré", None, "gembloux/salle-1"),
        ("Salle du Pre\u0301", "le hub", "gembloux/salle-1"),
        ("Bureau 3", "Coworking Gembloux", "gembloux/bureau-3"),
        ("Bureau 3", "mons", "mons/bureau-3"),
        ("desk-2", "mons", "mons/desk-2"),
        ("FLEX 7", None, "mons/desk-1"),
        ("Flex 7", "mons", "mons/desk-1"),
        ("Box", "Le Hub", "gembloux/salle-1"),
        ("mons/desk-1", "mons", "mons/desk-1"),
    ],
)
def test_a_place_is_found_by_slug_name_or_alias_whatever_its_case_and_spaces(
    text: str, centre: str | None, place: str
) -> None:
    assert "/".join(NAMES.place(text, centre)) == place


@pytest.mark.parametrize(
    ("text", "centre", "reason"),
    [
        ("Bureau 3", None, "does not say in which centre. Name the centre, or write gembloux/bureau-3 or mons/bureau-3"),
        ("Bureaux 3", None, "names no place of this network; did you mean"),
        ("Bureau 33", "gembloux", "names no place of gembloux; did you mean gembloux/bureau-3?"),
        ("Zaal", "mons", 'smartwork aliases set "Zaal" mons/PLACE'),
        ("Desk", "mons", "names several places: mons/desk-1, mons/desk-2"),
        ("Flex 7", "gembloux", "is mons/desk-1, but the row names the centre gembloux"),
        ("Bureau 3", "Mons", "'Mons' names several centres: mons, mons-2"),
        ("Bureau 3", "Gemblouxx", "did you mean gembloux?"),
        ('Bureau "3"', None, 'smartwork aliases set "Bureau \\"3\\""'),
    ],
)
def test_a_text_that_names_no_place_or_several_is_refused_with_what_to_do(text: str, centre: str | None, reason: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        NAMES.place(text, centre)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("m-1", "m-1"),
        (" m-1 ", "m-1"),
        ("An Peeters", "m-1"),
        ("an  peeters", "m-1"),
        ("an@example.be", "m-2"),
        ("MAILTO:An@Example.be", "m-2"),
        ("An Peeters <an@example.be>", "m-2"),
        ('"An Peeters" <someone@example.be>', "m-1"),
    ],
)
def test_a_member_is_found_by_pseudonym_mail_address_or_name(text: str, member: str) -> None:
    assert NAMES.member(text) == member


def test_the_part_before_the_at_names_a_member_only_where_the_format_says_so() -> None:
    with pytest.raises(UnknownNameError, match="names no member"):
        NAMES.member("an@elsewhere.be")
    assert NAMES.member("mailto:an@elsewhere.be", mail_users=True) == "an"
    assert NAMES.member("an@example.be", mail_users=True) == "m-2", "an alias goes first"


def test_names_are_compared_in_one_unicode_form_without_case_and_white_space() -> None:
    assert fold("  Cafe\u0301\u00a0\t STRASSE ") == fold("CAFÉ straße")
    assert member_spellings("An <An@X.be>") == ("an <an@x.be>", "an@x.be", "an")
