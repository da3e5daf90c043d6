"""Who issues the invoices of the demonstration network."""

from smartwork.domain.business import Party

DEMO_SELLER = Party(
    name="Réseau Smart Work Centers (démo)",
    enterprise_number="0999900150",
    street="Place de la Démonstration 1",
    postcode="5000",
    town="Namur",
    iban="BE92999900000123",
)
"""Made up: its enterprise number and IBAN have valid check digits and belong to nobody."""
