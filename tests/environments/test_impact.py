from hypothesis import given
from hypothesis import strategies as st

from environments.impact import Part, Plant, layers, stopped

DB, APP, WEB, REPORTS = 1, 2, 3, 4
ONE, TWO, THREE = 11, 12, 13
PLANT = Plant(
    [
        Part(DB, "Database", places=(ONE,)),
        Part(APP, "Application", places=(TWO,)),
        Part(WEB, "Web client", needs=1, places=(TWO, THREE)),
        Part(REPORTS, "Reports", places=(THREE,)),
    ],
    {APP: {DB}, WEB: {APP}, REPORTS: {DB}},
)


def test_everything_works_while_everything_is_up():
    assert stopped(PLANT) == {}


def test_a_server_takes_its_components_and_what_needs_them():
    assert stopped(PLANT, servers={TWO}) == {
        APP: "0 of 1 up, needs 1",
        WEB: "Needs Application",
    }


def test_the_database_takes_everything():
    assert set(stopped(PLANT, servers={ONE})) == {DB, APP, WEB, REPORTS}


def test_one_of_two_places_is_enough_where_one_is_needed():
    assert set(stopped(PLANT, servers={THREE})) == {REPORTS}


def test_two_of_three_places_must_be_up_where_two_are_needed():
    plant = Plant([Part(APP, "Application", needs=2, places=(ONE, TWO, THREE))])

    assert stopped(plant, servers={ONE}) == {}
    assert stopped(plant, servers={ONE, TWO}) == {APP: "1 of 3 up, needs 2"}


def test_a_component_can_be_taken_down_by_itself():
    assert stopped(PLANT, parts={APP}) == {
        APP: "Taken down",
        WEB: "Needs Application",
    }


def test_a_place_on_no_known_server_survives_every_server():
    plant = Plant([Part(APP, "Application", places=(None,))])

    assert stopped(plant, servers={ONE, TWO, THREE}) == {}


def test_a_circle_of_dependencies_ends():
    plant = Plant(
        [Part(key, str(key), places=(key + 10,)) for key in (1, 2, 3)],
        {1: {2}, 2: {3}, 3: {1}},
    )

    assert set(stopped(plant, servers={11})) == {1, 2, 3}
    assert sorted(part.key for column in layers(plant) for part in column) == [1, 2, 3]


def test_what_is_needed_stands_to_the_left():
    columns = [[part.key for part in column] for column in layers(PLANT)]

    assert columns[0] == [DB]
    assert sorted(columns[1]) == [APP, REPORTS]
    assert columns[2] == [WEB]


EDGES = st.dictionaries(
    st.integers(0, 7), st.sets(st.integers(0, 7), max_size=4), max_size=8
)


@given(EDGES, st.sets(st.integers(0, 7)))
def test_any_plant_is_drawn_whole_and_more_failures_never_stop_less(edges, down):
    plant = Plant([Part(key, str(key), places=(key,)) for key in range(8)], edges)

    drawn = [part.key for column in layers(plant) for part in column]

    assert sorted(drawn) == list(range(8))
    assert set(stopped(plant, servers=down)) <= set(stopped(plant, servers={*down, 0}))
