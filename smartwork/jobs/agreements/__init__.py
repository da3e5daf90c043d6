"""What was agreed with companies and centres: written as a file, checked, put in force, and put back."""
