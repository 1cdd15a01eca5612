"""What comes in and goes out as files: workbooks, papers, packages for others to check."""
