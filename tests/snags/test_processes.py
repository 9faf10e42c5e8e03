import pytest
from django.urls import reverse

from opsdesk.core.errors import NotAllowedError, StaleError
from snags.models import BusinessProcess
from snags.services.processes import add_process, edit_process
from tests.factories import make_snag


@pytest.fixture
def paying(live, mia):
    return add_process(
        actor=mia, landscape=live.landscape, name="Procure to pay", steps=["Order"]
    )


def test_a_manager_names_a_process_and_its_steps(client, live, mia):
    client.force_login(mia)

    client.post(
        reverse("snags:process_new"),
        {
            "landscape": live.landscape.pk,
            "name": "Procure to pay",
            "steps": "Order\n\n  Receive \nPay",
            "is_active": "on",
        },
    )

    process = BusinessProcess.objects.get()
    assert process.steps == ["Order", "Receive", "Pay"]
    assert process.history.get().history_user == mia


def test_nobody_else_names_processes(live, sam):
    with pytest.raises(NotAllowedError):
        add_process(actor=sam, landscape=live.landscape, name="X", steps=[])

    assert BusinessProcess.objects.count() == 0


def test_the_second_editor_is_told(paying, mia):
    edit_process(paying, actor=mia, version=1, name="A", steps=[])

    with pytest.raises(StaleError):
        edit_process(paying, actor=mia, version=1, name="B", steps=[])

    assert BusinessProcess.objects.get().name == "A"


def test_two_processes_of_a_name_are_refused_in_words(client, live, mia, paying):
    client.force_login(mia)
    data = {"landscape": live.landscape.pk, "name": paying.name, "steps": ""}

    page = client.post(reverse("snags:process_new"), data)

    assert page.status_code == 200
    assert "already" in page.content.decode()
    assert BusinessProcess.objects.count() == 1


def test_the_list_counts_what_is_open(client, live, rob, sam, paying):
    make_snag(live, rob, process=paying)
    make_snag(live, rob)
    client.force_login(sam)

    page = client.get(reverse("snags:processes"))

    assert [line.open_snags for line in page.context["lines"]] == [1]


@pytest.mark.parametrize(
    ("person", "status"), [("sam", 200), ("amy", 200), ("rob", 403), ("vic", 403)]
)
def test_who_sees_the_processes(client, request, live, person, status):
    client.force_login(request.getfixturevalue(person))
    assert client.get(reverse("snags:processes")).status_code == status
