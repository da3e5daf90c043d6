-- The company's documents embed their pages in the XML as PDF: true, or absent, so that rows of before stay as the books have them.
ALTER TABLE company
    ADD COLUMN pdf_in_xml boolean CHECK (pdf_in_xml);
