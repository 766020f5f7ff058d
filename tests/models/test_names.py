"""The rule that leads from Python names to wire names."""

from hypothesis import given
from hypothesis import strategies as st

from allawee_async.models.schema import camel
from tests.support.tables import for_each


@for_each(
    ("name", "wire"),
    [
        ("bvn", "bvn"),
        ("address_line_one", "addressLineOne"),
        ("created_at", "createdAt"),
        ("from_", "from"),
        ("type_", "type"),
        ("last_id_", "lastId"),
        ("_id", "_id"),
        ("_created_at", "_createdAt"),
        ("last_4", "last4"),
        ("line2_text", "line2Text"),
        ("twice__apart", "twiceApart"),
        ("addressLineOne", "addressLineOne"),
        ("card_holderName_two", "cardHolderNameTwo"),
        ("from_holderName", "fromHolderName"),
        ("", ""),
        ("_", "_"),
        ("__", "__"),
    ],
)
def test_camel(name: str, wire: str) -> None:
    assert camel(name) == wire


@given(st.text(alphabet="abzABZ_09é", max_size=20))
def test_camel_twice_is_camel_once(name: str) -> None:
    once = camel(name)

    assert camel(once) == once
    assert "_" not in once.lstrip("_")


@given(st.text(max_size=20).filter(lambda name: "_" not in name))
def test_a_name_without_underscores_is_unchanged(name: str) -> None:
    assert camel(name) == name


def test_the_cache_is_bounded() -> None:
    assert camel.cache_info().maxsize is not None
