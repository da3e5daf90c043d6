"""The last day on which an invoice may be issued."""

from datetime import date

from smartwork.domain.time import months_later


def last_day_of_issue(month: date) -> date:
    """The last day on which the supplies of `month` may be invoiced: the 15th of the next month.

    Source: Royal Decree no. 1 of 29 December 1992 on the payment of value added tax (Belgium), article 4, paragraph 1.
    """
    return months_later(month.replace(day=1), 1).replace(day=15)
