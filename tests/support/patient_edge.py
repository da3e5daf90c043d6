"""`python -m tests.support.patient_edge`: the edge, believing devices that speak of a month that is over.

A gateway takes what a device says of long ago for a clock that is wrong. Tests of billing tell a past month.
"""

import sys
from datetime import timedelta
from functools import partial

from edge import gateway
from edge.__main__ import main
from edge.translator import Translator

PATIENCE = timedelta(days=100)

if __name__ == "__main__":
    gateway.Translator = partial(Translator, max_age=PATIENCE)  # type: ignore[assignment,attr-defined]
    sys.exit(main())
