"""The chart of accounts. Accounts of companies and centres are named `<account>:<slug>`."""

VAT_DUE = "vat:due"
"""VAT on documents to companies."""
VAT_RECOVERABLE = "vat:recoverable"
"""VAT on self-billed documents."""
MARGIN = "margin"
"""The network's part of the charges for centres."""
EXPIRED = "expired"
"""The value of prepaid hours that expired."""
BAD_DEBTS = "bad_debts"
"""What companies owe and is not expected any more: written off, less what came in all the same."""
SALES = "sales"
"""What the network sells on its own account: items and subscriptions without a centre."""
BANK = "bank"
"""Payments that are recorded and that no bank statement has shown yet. Without statements: the money itself."""
TRANSIT = "transit"
"""Payments to centres that are ordered at the bank and that it has not paid yet."""
SUSPENSE = "suspense"
"""Movements on bank statements of which nobody has decided yet what they are for."""
ELSEWHERE = "elsewhere"
"""Movements on bank statements that other books record, for example fees of the bank and wages."""

RECEIVABLE_PREFIX = "receivable:"
POOL_PREFIX = "pool:"
CHARGES_PREFIX = "charges:"
PAYABLE_PREFIX = "payable:"
BANK_PREFIX = "bank:"
BROUGHT_FORWARD_PREFIX = "brought-forward:"


def receivable(company: str) -> str:
    """The account of what a company owes."""
    return f"{RECEIVABLE_PREFIX}{company}"


def pool(company: str) -> str:
    """The account of the value of a company's prepaid hours, a liability of the network."""
    return f"{POOL_PREFIX}{company}"


def charges(centre: str) -> str:
    """The account of what companies were charged for a centre and is not settled with it yet."""
    return f"{CHARGES_PREFIX}{centre}"


def payable(centre: str) -> str:
    """The account of what the network owes a centre."""
    return f"{PAYABLE_PREFIX}{centre}"


def bank_account(iban: str) -> str:
    """The account of the money on a bank account, as its statements say."""
    return f"{BANK_PREFIX}{iban}"


def brought_forward(iban: str) -> str:
    """The account of what a bank account had before its first statement, and of what statements that are missing moved."""
    return f"{BROUGHT_FORWARD_PREFIX}{iban}"
