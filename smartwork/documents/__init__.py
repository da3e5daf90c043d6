"""Documents as people and machines read them: PDF by typst, UBL by lxml, both from an invoice's snapshot alone."""
