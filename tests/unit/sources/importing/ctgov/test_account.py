"""What a record holds is written, listed, or left out for a reason; nothing is lost in silence."""

from __future__ import annotations

import pytest

from dualbio.sources.importing.ledger import Ledger
from registry_records import CTGOV, Import, is_balanced


@pytest.mark.parametrize("name", sorted(path.stem for path in CTGOV.glob("*.json")))
def test_the_account_balances(name: str, imported_file: Import) -> None:
    """Module by module, what was read is all accounted for, and the rows of the file are those written."""
    imported = imported_file(name)
    assert {} == {module: tally for module, tally in imported.account.items() if not is_balanced(tally)}
    rows = len(imported.file.results or ()) + len(imported.file.comparisons or ())
    sizes = sum(arm.n_randomised is not None or arm.n_enrolled is not None for arm in imported.file.arms)
    planned = len(imported.file.planned_outcomes or ())
    assert rows + sizes + planned == sum(tally.written + tally.derived for tally in imported.account.values())


def test_every_module_is_read(imported_file: Import) -> None:
    """The account names each module that a record of the fixtures holds, those without a reader too."""
    modules = {module for path in CTGOV.glob("*.json") for module in imported_file(path.stem).account}
    assert {
        "analyses", "baseline", "deaths", "flow", "other event totals", "other events", "outcomes",
        "outcomes not posted",
        "planned outcomes", "serious event totals", "serious events", "withdrawals",
    } == modules  # fmt: skip


def test_what_is_left_out_has_a_reason(imported_file: Import) -> None:
    """Baseline values, withdrawals, people who completed, and empty cells are told with the reason."""
    groups, events = imported_file("groups").account, imported_file("events").account
    assert {"'Age, Continuous' at baseline has no field": 1} == groups["baseline"].left_out
    assert {"'Adverse Event' has no field": 1} == groups["withdrawals"].left_out
    assert 1 == groups["flow"].left_out["'COMPLETED' has no field"]
    assert {"nobody was at risk": 1} == events["deaths"].left_out


def test_outcomes_without_results_are_told(imported_file: Import) -> None:
    """An outcome that is registered and not posted, or planned and not reported, is a gap to look into."""
    imported = imported_file("measures")
    told = [remark for module, remark in imported.remarks if module == "outcomes not posted"]
    assert ["Quality of sleep: registered, and its result is not posted"] == told
    notes = {plan.outcome_as_reported: plan.note for plan in imported.file.planned_outcomes or ()}
    assert "not among the posted results by this name" == notes["Grip strength"]


def test_serious_and_other_events_stay_apart(imported_file: Import) -> None:
    """One term in both lists is two rows told apart by fields, which is how no pool takes one for the other."""
    rows = [
        row for row in imported_file("events").file.results or () if row.ae == "infection" and row.arm == "alphamab"
    ]
    other = "not serious, and only those in more than 5% of a group"
    assert [
        (2, "serious", None, "serious Infection (Infections and infestations)", "3 events"),
        (4, None, other, "non-serious Infection (Infections and infestations)", "6 events"),
    ] == [(row.events, row.seriousness, row.definition, row.outcome_as_reported, row.note) for row in rows]


def test_events_without_people_are_events(imported_file: Import) -> None:
    """Where the record counts events and not people, the row does too."""
    (row,) = [row for row in imported_file("events").file.results or () if row.outcome == "adverse-event-count"]
    assert ("event", 6, None) == (row.unit_of_analysis, row.events, row.total)


def test_rows_beyond_the_last_number_are_told(imported_file: Import) -> None:
    """A study has 999 rows at most; the others are accounted for."""
    ledger, (row, *_) = Ledger("x"), imported_file("events").file.results or ()
    for _ in range(1001):
        ledger.write("outcomes", row)
    assert (999, 2) == (ledger.tally("outcomes").written, ledger.tally("outcomes").left_out.total())
