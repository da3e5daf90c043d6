"""The words and number habits of the documents in the three languages, side by side."""

from datetime import date
from decimal import Decimal

from smartwork.domain.business import Language

_ORDER: tuple[Language, ...] = ("fr", "nl", "en")
_WORDS: dict[str, tuple[str, str, str]] = {
    "invoice": ("Facture", "Factuur", "Invoice"),
    "billed_to": ("Facturé à", "Gefactureerd aan", "Billed to"),
    "number": ("Numéro", "Nummer", "Number"),
    "issued_on": ("Date de facture", "Factuurdatum", "Invoice date"),
    "due_on": ("Échéance", "Vervaldatum", "Due date"),
    "period": ("Période", "Periode", "Period"),
    "your_reference": ("Votre référence", "Uw referentie", "Your reference"),
    "vat_number": ("TVA", "Btw", "VAT"),
    "by_centre": ("Par centre", "Per centrum", "By centre"),
    "centre": ("Centre", "Centrum", "Centre"),
    "lines": ("Lignes", "Lijnen", "Lines"),
    "hours": ("Heures", "Uren", "Hours"),
    "net": ("Montant HTVA", "Bedrag excl. btw", "Amount excl. VAT"),
    "vat": ("TVA", "Btw", "VAT"),
    "rate": ("Taux", "Tarief", "Rate"),
    "base": ("Base", "Maatstaf", "Base"),
    "total_net": ("Total hors TVA", "Totaal excl. btw", "Total excl. VAT"),
    "to_pay": ("À payer", "Te betalen", "Amount due"),
    "payment": ("Paiement", "Betaling", "Payment"),
    "beneficiary": ("Bénéficiaire", "Begunstigde", "Beneficiary"),
    "account": ("Compte", "Rekening", "Account"),
    "communication": ("Communication", "Mededeling", "Reference"),
    "before": ("Avant le", "Vóór", "Before"),
    "scan": (
        "À scanner avec l’application de votre banque.",
        "Scan met de app van uw bank.",
        "Scan with your banking app.",
    ),
    "proof_note": (
        (
            "Chaque ligne est prouvée : l’annexe montre, pour chacune, ce qui était réservé, ce qui a été mesuré "
            "et les numéros du registre des mesures."
        ),
        (
            "Elke lijn is bewezen: de bijlage toont voor elke lijn wat geboekt was, wat gemeten werd "
            "en de nummers uit het meetregister."
        ),
        (
            "Every line is proven: the annex shows for each what was booked, what was measured, "
            "and the numbers in the ledger of measurements."
        ),
    ),
    "detail": ("Détail des prestations", "Detail van de prestaties", "Details"),
    "annex": ("Annexe : les preuves", "Bijlage: de bewijzen", "Annex: the evidence"),
    "date": ("Date", "Datum", "Date"),
    "place": ("Place", "Plaats", "Place"),
    "reference": ("Référence", "Referentie", "Reference"),
    "time": ("Horaire", "Uren", "Times"),
    "verdict": ("Constat", "Vaststelling", "Verdict"),
    "per_hour": ("€/h", "€/u", "€/h"),
    "amount": ("Montant", "Bedrag", "Amount"),
    "booked": ("réservé", "geboekt", "booked"),
    "measured": ("mesuré", "gemeten", "measured"),
    "occupied": ("occupé", "bezet", "occupied"),
    "vacant": ("libre", "vrij", "vacant"),
    "unknown": ("inconnu", "onbekend", "unknown"),
    "suspect": ("capteur suspect", "verdachte sensor", "suspect sensor"),
    "coverage": ("couverture", "dekking", "coverage"),
    "ledger": ("Registre", "Register", "Ledger"),
    "no_readings": ("aucune mesure", "geen metingen", "no readings"),
    "page": ("page", "pagina", "page"),
    "of": ("sur", "van", "of"),
    "desk": ("Bureaux", "Bureaus", "Desks"),
    "room": ("Salles de réunion", "Vergaderzalen", "Meeting rooms"),
    "item_desk": ("Bureau", "Bureau", "Desk"),
    "item_room": ("Salle de réunion", "Vergaderzaal", "Meeting room"),
    "demo": (
        "DEMO – données fictives",
        "DEMO – fictieve gegevens",
        "DEMO – fictitious data",
    ),
    "verdict_used": ("utilisé", "gebruikt", "used"),
    "verdict_left_early": ("parti plus tôt", "vroeger weg", "left early"),
    "verdict_overstayed": ("dépassement", "langer gebleven", "overstayed"),
    "verdict_no_show": ("non présenté", "niet opgedaagd", "no-show"),
    "verdict_walk_in": ("sans réservation", "zonder boeking", "walk-in"),
    "verdict_unverifiable": ("invérifiable", "onverifieerbaar", "unverifiable"),
    "basis_booked": ("facturé comme réservé", "gefactureerd zoals geboekt", "charged as booked"),
    "basis_measured": ("facturé comme mesuré", "gefactureerd zoals gemeten", "charged as measured"),
    "basis_given_back": ("solde rendu", "rest teruggegeven", "rest given back"),
    "basis_no_show": ("forfait d’absence", "vergoeding bij afwezigheid", "no-show share"),
    "basis_walk_in": ("facturé comme mesuré", "gefactureerd zoals gemeten", "charged as measured"),
    "by_booked": ("comme réservé", "zoals geboekt", "as booked"),
    "by_measured": ("comme mesuré", "zoals gemeten", "as measured"),
    "by_given_back": ("solde rendu", "rest teruggegeven", "rest given back"),
    "by_no_show": ("forfait", "forfait", "flat share"),
    "by_walk_in": ("comme mesuré", "zoals gemeten", "as measured"),
    "continued": ("suite", "vervolg", "continued"),
    "other_centres": ("{count} autres centres", "{count} andere centra", "{count} other centres"),
    "fingerprint": (
        "Empreinte SHA-256 de ce document :",
        "SHA-256-vingerafdruk van dit document:",
        "SHA-256 fingerprint of this document:",
    ),
    "evidence_file": (
        "Preuves de chaque ligne, vérifiables avec smartwork verify",
        "Bewijzen van elke lijn, te controleren met smartwork verify",
        "Evidence of each line, to be checked with smartwork verify",
    ),
    "doubtful": (
        "Une partie du temps n’a pu être mesurée ; elle n’est jamais facturée au-delà de la réservation.",
        "Een deel van de tijd kon niet gemeten worden; ze wordt nooit boven de boeking gefactureerd.",
        "Part of the time could not be measured; it is never charged above what was booked.",
    ),
    "terms": (
        "Paiement à {days} jours, au plus tard le {due}.",
        "Betaling op {days} dagen, uiterlijk op {due}.",
        "Payment within {days} days, by {due}.",
    ),
}
_MONTHS: dict[Language, str] = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}
_DAYS: dict[Language, str] = {"fr": "lu ma me je ve sa di", "nl": "ma di wo do vr za zo", "en": "Mo Tu We Th Fr Sa Su"}
_MARKS: dict[Language, tuple[str, str]] = {"fr": ("\u202f", ","), "nl": (".", ","), "en": (",", ".")}


def words(language: Language) -> dict[str, str]:
    """Every label of the documents in `language`, by key."""
    column = _ORDER.index(language)
    return {key: texts[column] for key, texts in _WORDS.items()}


def minutes(seconds: int) -> int:
    """Whole minutes, to the nearest."""
    return (seconds + 30) // 60


def number(value: Decimal, language: Language, places: int = 2) -> str:
    """`value` with `places` decimals and the language's thousands and decimal marks."""
    thousands, decimal = _MARKS[language]
    return f"{value:,.{places}f}".translate({ord(","): thousands, ord("."): decimal})


def price(value: Decimal, language: Language) -> str:
    """A price with all the decimals it has, and at least two."""
    exponent = value.normalize().as_tuple().exponent
    return number(value, language, max(2, -exponent if isinstance(exponent, int) else 2))


def euro(value: Decimal, language: Language) -> str:
    """An amount in EUR, the sign where the language puts it."""
    text = number(value, language)
    return f"€\u202f{text}" if language == "en" else f"{text}\u00a0€"


def day(value: date, language: Language) -> str:
    """A date in figures, day first; in English the month has its name, so that nobody swaps them."""
    if language == "en":
        return f"{value.day}\u00a0{_MONTHS['en'].split()[value.month - 1][:3]}\u00a0{value.year}"
    return f"{value:%d/%m/%Y}"


def short_day(value: date, language: Language) -> str:
    """Weekday and day of the month, as lists of one month show them."""
    return f"{_DAYS[language].split()[value.weekday()]} {value:%d/%m}"


def month(value: date, language: Language) -> str:
    """Name of the month, and the year."""
    return f"{_MONTHS[language].split()[value.month - 1]} {value.year}"
